"""In what a study differs from what a claim is about.

In: a claim, a plan, a backbone of it. Out: the differences as sentences, and the controls that are not there. A claim
about a large encoder is not settled by a small one, nor one about whole test sets by parts of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from xstilts.analysis.arms import zero_shot_phase
from xstilts.analysis.model_size import REACH
from xstilts.catalogue.benchmark import get_benchmark
from xstilts.catalogue.claim import Claim
from xstilts.catalogue.find import tasks
from xstilts.catalogue.published import intermediate_tasks
from xstilts.study.job import Start, Train
from xstilts.study.manifest import Cell, Plan


def differences(claim: Claim, plan: Plan, backbone: str, sizes: Collection[int] = ()) -> list[str]:
    """What must be otherwise before this study speaks about ``claim`` as it is stated; empty where nothing is.
    ``sizes``: the weights without embeddings of all backbones that were run."""
    cells = [cell for cell in plan.cells if cell.backbone == backbone]
    found = list(_backbone(claim, plan, cells, backbone))
    if any(rule.arguments.get("intermediate") == ["joint"] for rule in claim.rules):
        found += _joint(cells)
    found += _sizes(claim, sizes)
    if claim.benchmark:
        found += _data(claim.benchmark, cells)
        found += _training(cells)
    return found


def _sizes(claim: Claim, sizes: Collection[int]) -> Iterator[str]:
    """Claims about larger models than three times the largest that was run: a slope says nothing there."""
    for rule in claim.rules:
        wanted = rule.arguments.get("up_to")
        if wanted and wanted > REACH * max(sizes, default=0):
            largest = f"{max(sizes) / 1e6:,.3g} M" if sizes else "none"
            yield f"the largest model has {largest} weights without embeddings, the claim is about {wanted:.3g}"


def missing_controls(plan: Plan, backbone: str) -> list[str]:
    """The controls without which a gain may be due to more training alone."""
    cells = [cell for cell in plan.cells if cell.backbone == backbone]
    found = []
    other = [cell for cell in cells if not cell.intermediate and cell.score != cell.baseline]
    if not any(zero_shot_phase(plan, cell) for cell in other):
        found.append("an arm with matched compute (matched = ...)")
    jobs = [plan.jobs[key] for cell in cells for key in cell.trainings]
    if not any(share.shuffled_labels for job in jobs if isinstance(job, Train) for share in job.shares):
        found.append('an arm with shuffled labels (labels = "shuffled")')
    return found


def _backbone(claim: Claim, plan: Plan, cells: list[Cell], backbone: str) -> Iterator[str]:
    if not claim.backbone:
        return
    start, pretrained = _root(plan, cells)
    made = start is None or start.architecture is not None or start.vocabulary is not None or start.layers is not None
    if made or pretrained or str(start and start.backbone).rsplit("/", 1)[-1] != claim.backbone:
        how = ", made or changed in this study" if made or pretrained else ""
        yield f"the backbone is {backbone}{how}, not {claim.backbone}"


def _root(plan: Plan, cells: list[Cell]) -> tuple[Start | None, bool]:
    """What the first training of a backbone starts from, and whether it was pretrained in the study."""
    key = next((cell.trainings[0] for cell in cells if cell.trainings), None)
    pretrained = False
    while key is not None and isinstance(job := plan.jobs[key], Train):
        pretrained = pretrained or job.phase == "pretraining"
        if job.start.job is None:
            return job.start, pretrained
        key = job.start.job
    return None, pretrained


def _joint(cells: list[Cell]) -> Iterator[str]:
    """The nine intermediate tasks that are not part of the arm of most tasks."""
    most = max((cell.intermediate for cell in cells), key=len, default=())
    lacking = [name for name in intermediate_tasks() if name not in most]
    if lacking and len(most) > 1:
        yield f"{'+'.join(most)} together, without {', '.join(lacking)}"


def _data(name: str, cells: list[Cell]) -> Iterator[str]:
    """Targets, languages and examples of the benchmark that the study does not score."""
    benchmark = get_benchmark(name)
    scored = {(cell.target, cell.language): cell.examples for cell in cells}
    targets = {target for target, _ in scored}
    if lacking := [task.name for task in benchmark.tasks if task.name not in targets]:
        count = f"{len(lacking)} of {benchmark.title}'s {len(benchmark.tasks)} targets"
        yield f"{count} are not scored: {', '.join(lacking)}"
    fewer, cut = [], []
    for task in benchmark.tasks:
        there = [language for language in task.languages if (task.name, language) in scored]
        if there and len(there) < len(task.languages):
            fewer.append(f"{task.name} {len(there)} of {len(task.languages)}")
        official = _official(task.name)
        if any(scored[task.name, language] < official.get(language, 0) for language in there):
            cut.append(task.name)
    if fewer:
        yield f"languages: {', '.join(fewer)}"
    if cut:
        yield f"only a part of the test examples: {', '.join(cut)}"


def _official(target: str) -> dict[str, int]:
    """The official number of scored examples by language, where the catalogue has it."""
    task = tasks().get(target)
    return dict(task.splits[task.evaluation_split].official) if task else {}


def _training(cells: list[Cell]) -> Iterator[str]:
    """Intermediate sets that were cut."""
    cut = []
    for name, examples in {
        cell.intermediate[0]: cell.intermediate_examples for cell in cells if len(cell.intermediate) == 1
    }.items():
        task = tasks().get(name)
        official = sum(task.splits["train"].official.values()) if task and "train" in task.splits else 0
        if examples < official:
            cut.append(f"{name} {examples:,} of {official:,}")
    if cut:
        yield f"intermediate examples: {', '.join(cut)}"
