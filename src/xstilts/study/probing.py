"""What models are asked to show of tasks, so that an analysis can tell how alike these are.

In: a ``Probing`` need, an encoder, its arms, the targets. Out: ``Probe`` jobs in the draft, and which is about what.
Only arms of one labelled task count, the first for each task, and only the study's first seed: the probes say what was
known of a pair of tasks, not how a seed fell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from xstilts.catalogue.errors import Problem
from xstilts.catalogue.task import UNTRAINED, Task, TaskType
from xstilts.study.arms import Prepared
from xstilts.study.cells import evaluated, reading, splits_of
from xstilts.study.draft import Draft
from xstilts.study.encoders import Encoder
from xstilts.study.job import Key, Probe, Rows, Share, Train
from xstilts.study.manifest import Shown
from xstilts.study.needs import Probing

LABELLED = (
    TaskType.CLASSIFICATION,
    TaskType.MULTIPLE_CHOICE,
    TaskType.SPAN_EXTRACTION,
    TaskType.TOKEN_CLASSIFICATION,
)
BASELINE = "baseline"  # what tables call it, whatever the study does
CLASSES = (TaskType.CLASSIFICATION, TaskType.TOKEN_CLASSIFICATION)  # whose heads see the classes of another such task


def add_probes(
    draft: Draft, need: Probing, encoder: Encoder, arms: Mapping[str, Mapping[int, Prepared]], targets: Sequence[Task]
) -> None:
    """The probes of one encoder: of every single intermediate task, every target, every pair of the two."""
    start = encoder.start
    if start.job is None and start.backbone is None:
        draft.known.notes[f"{encoder.name}: never pretrained, so no model is probed for similarities"] = None
        return
    seed = draft.study.seeds[0]
    singles = _single(draft, {name: found[seed] for name, found in arms.items()})
    if len(singles) < 2:
        return
    asked = _Asked(draft, need, encoder)
    for arm, prepared in singles.items():
        asked.own(arm, "", prepared.shares[0], prepared.trainings[-1])
    for task in targets:
        trained = None if task.type in UNTRAINED else _baseline(draft, encoder, task, seed)
        if trained is not None:
            model, share = trained
            asked.own(BASELINE, task.name, share, model)
            if task.type in LABELLED:
                asked.seen(BASELINE, task, share, model, "")
                for arm, prepared in singles.items():
                    asked.seen(arm, task, share, prepared.trainings[-1], prepared.shares[0].task)
        for split in splits_of(draft, task)[:1]:
            for language in evaluated(draft, task, split):
                asked.language(task, draft.known.rows(task, split, language))
                if task.type in UNTRAINED:
                    for arm, prepared in singles.items():
                        asked.translations(arm, task, language, prepared.trainings[-1])


def _single(draft: Draft, arms: Mapping[str, Prepared]) -> dict[str, Prepared]:
    """Arms that trained on the labels of one task from the encoder on, by name; the first for each task."""
    found: dict[str, tuple[str, Prepared]] = {}
    for name in draft.study.arms:
        prepared = arms.get(name)
        if prepared is None or len(prepared.trainings) != 1 or len(prepared.shares) != 1:
            continue
        spec, share = draft.study.arms[name], prepared.shares[0]
        if share.type in LABELLED and not share.shuffled_labels and not spec.start and not spec.target.variants:
            found.setdefault(share.task, (name, prepared))
    return dict(found.values())


def _baseline(draft: Draft, encoder: Encoder, task: Task, seed: int) -> tuple[Key, Share] | None:
    """The training of the baseline on this target, and the rows it trained on."""
    for cell in draft.cells:
        if (cell.backbone, cell.arm, cell.target, cell.seed) == (
            encoder.name,
            draft.study.baseline,
            task.name,
            seed,
        ):
            job = draft.jobs[cell.trainings[-1]] if cell.trainings else None
            return (cell.trainings[-1], job.shares[0]) if isinstance(job, Train) else None
    return None


class _Asked:
    """Adds probes of one encoder to a draft."""

    def __init__(self, draft: Draft, need: Probing, encoder: Encoder) -> None:
        self.draft, self.encoder = draft, encoder
        self.need = _no_more_than_trained(draft, need)

    def own(self, arm: str, target: str, share: Share, model: Key) -> None:
        """What a task shows of itself: before and through the training on it."""
        few, start = _first(share, self.need.learning), self.encoder.start
        how = self._how(self.draft.known.named(share.task))
        self._add(Probe("text", start=start, share=_first(share, self.need.examples), **how), arm, target)
        if share.type in LABELLED:
            self._add(Probe("fisher", model=model, share=few, **how), arm, target)
            self._add(Probe("gradient", model=model, start=start, share=few, **how), arm, target)
            self._add(Probe("change", model=model, start=start), arm, target)

    def seen(self, arm: str, task: Task, share: Share, model: Key, source: str) -> None:
        """How a model sees the labelled rows of a target; with its own head where that sees classes, too."""
        of = self.draft.known.tasks.get(source)
        head = source if of is not None and of.type == task.type and task.type in CLASSES else ""
        rows = _first(share, self.need.examples)
        self._add(Probe("features", model=model, share=rows, head=head, **self._how(task)), arm, task.name)

    def language(self, task: Task, rows: Rows) -> None:
        """The text that is scored in one language, without its labels."""
        share = _first(self.draft.known.share_of(task, (rows,)), self.need.texts)
        job = Probe("text", start=self.encoder.start, share=share, **self._how(task))
        self._add(job, "", task.name, rows.language)

    def translations(self, arm: str, task: Task, language: str, model: Key) -> None:
        """How a model sees both sides of translations, none of which are scored."""
        for name in self.need.parallel:
            other = self.draft.known.task(name, "analyses")
            if other is None or other.type != TaskType.MLM:
                continue
            with suppress(Problem):
                self.draft.known.languages(other, "train", (language,))
                share = Share(name, str(other.type), (self.draft.known.rows(other, "train", language),))
                job = Probe("pairs", model=model, share=_first(share, self.need.examples), **self._how(task))
                self._add(job, arm, task.name, language)
                return

    def _add(self, job: Probe, arm: str, target: str, language: str = "") -> None:
        about = " ".join(filter(None, (arm, target, language)))
        label = f"probe {job.shows}, {about}, {self.encoder.name}"
        key = self.draft.add(job, label, self.encoder.parameters)
        self.draft.probes.append(Shown(job.shows, self.encoder.name, arm, target, language, key))

    def _how(self, task: Task) -> dict[str, Any]:
        read = reading(self.draft, self.encoder.spec, task)
        return {name: read[name] for name in ("max_length", "stride", "precision")}


def _no_more_than_trained(draft: Draft, need: Probing) -> Probing:
    """``need`` where no probe reads more rows than the largest training after the first phase: a study that only shows
    that everything works would spend most of its time on probes."""
    trainings = [job for job in draft.jobs.values() if isinstance(job, Train) and job.phase != "pretraining"]
    most = max((_size(share) for job in trainings for share in job.shares), default=need.examples)
    sizes = {name: min(most, getattr(need, name)) for name in ("examples", "learning", "texts")}
    return replace(need, **sizes)


def _size(share: Share) -> int:
    return share.examples or sum(part.rows for part in share.data)


def _first(share: Share, examples: int) -> Share:
    """At most so many rows of a share, of a smaller subset of the same order."""
    rows = sum(part.rows for part in share.data)
    most = min(_size(share), examples)
    return replace(share, examples=most if most < rows else None, weight=1.0)
