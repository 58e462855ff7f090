"""What predicts a target in a language: the target phase of an arm, with what it may train on beside the target's rows.

In: an arm's ``Prepared``, a target, the languages that are scored. Out: ``Model`` for each language, with its ``Train``
jobs in the draft. As a rule one model serves all languages; ``translate_train`` and ``few_shot`` make others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from xstilts.catalogue.errors import Problem, nearest
from xstilts.catalogue.task import UNTRAINED, Task
from xstilts.study import defaults
from xstilts.study.arm_table import FewShot, TranslateTrain
from xstilts.study.arms import Prepared
from xstilts.study.draft import Draft
from xstilts.study.encoders import Encoder
from xstilts.study.job import Candidate, Key, Settings, Share, Start, Train


@dataclass(frozen=True)
class Model:
    """What predicts: a training's key or a start used as it is; the trainings behind it, the shares of the target phase
    (none where nothing is trained)."""

    key: Key | None
    start: Start | None
    trainings: tuple[Key, ...]
    updates: int
    shares: tuple[Share, ...]


@dataclass(frozen=True)
class Course:
    """Whose target phase it is: the arm after its intermediate phases, a target, a seed; ``more`` updates on top.
    ``candidates``: the rates that were tried for it, of which its trainings take the best."""

    draft: Draft
    encoder: Encoder
    arm: str
    prepared: Prepared
    task: Task
    seed: int
    more: int = 0
    candidates: tuple[Candidate, ...] = ()

    @property
    def whose(self) -> str:
        """Arm, backbone and seed, for labels."""
        return f"{self.arm}, {self.encoder.name}, seed {self.seed}"

    def models(self, languages: Sequence[str]) -> Mapping[str, Model]:
        """What predicts each of the ``languages``."""
        phase = self.draft.study.arms[self.arm].target
        if self.task.type in UNTRAINED:
            key = self.prepared.start.job
            untrained = None if key else self.prepared.start
            bare = Model(key, untrained, self.prepared.trainings, self.prepared.updates, ())
            return dict.fromkeys(languages, bare)
        translated, shots = phase.translated(self.task.name), phase.shots(self.task.name)
        found = self._translated(translated, languages) if translated else dict.fromkeys(languages, self._plain())
        return found | self._shown(shots, found) if shots else found

    def _plain(self) -> Model:
        return self._trained((self._original(),))

    def _original(self) -> Share:
        """The target's own training rows."""
        cap = self.draft.study.cap("train_examples", self.task.name)
        return self.draft.known.share(self.task, (self.task.train_language,), cap)

    def settings(self, shares: tuple[Share, ...]) -> Settings:
        """How the target phase trains on ``shares``, as the study's tables say."""
        own = [self.draft.study.arms[self.arm].target.settings()]
        return self.draft.settings(self.encoder.spec, "target", [self.task], shares, own, self.more)

    def trial(self, share: Share, rate: float) -> Key:
        """The target phase at a learning rate of ``rate``."""
        settings = replace(self.settings((share,)), learning_rate=rate)
        job = Train("target", self.prepared.start, (share,), settings, self.seed, trial=True)
        return self.draft.add(job, self._label("", f", rate {rate:g}"), self.encoder.parameters)

    def _trained(self, shares: tuple[Share, ...], language: str = "") -> Model:
        draft, settings = self.draft, self.settings(shares)
        if self.candidates:
            settings = replace(settings, learning_rate=0.0)
        job = Train("target", self.prepared.start, shares, settings, self.seed, candidates=self.candidates)
        key = draft.add(job, self._label(language), self.encoder.parameters)
        return Model(key, None, (*self.prepared.trainings, key), self.prepared.updates + settings.updates, shares)

    def _label(self, language: str, more: str = "") -> str:
        at = f" in {language}" if language else ""
        return f"target {self.task.name}{at}{more}, {self.whose}"

    def _translated(self, said: TranslateTrain, languages: Sequence[str]) -> dict[str, Model]:
        """Models that train on translations: one for each language, or one of all together."""
        chosen = self._named(said, languages, "translate_train")
        other = self._fitting(said.tasks[self.task.name], "train", chosen)
        original = self._original()
        if said.together and chosen:
            share = self._with(said, original, other, chosen)
            return dict.fromkeys(languages, self._trained((share,), "translation"))
        shares = {code: self._with(said, original, other, (code,)) for code in chosen}
        return {code: self._trained((shares[code],), code) if code in shares else self._plain() for code in languages}

    def _with(self, said: TranslateTrain, original: Share, other: Task, languages: Sequence[str]) -> Share:
        """Rows of ``other`` as rows of the target; the cap holds for all languages together."""
        rows = [self.draft.known.training(other, code) for code in languages]
        data = (*(original.data if said.original else ()), *rows)
        return self.draft.known.share_of(self.task, data, self.draft.study.cap("train_examples", self.task.name))

    def _shown(self, said: FewShot, before: Mapping[str, Model]) -> dict[str, Model]:
        """The models of the chosen languages, each after a short training on a few rows in its language."""
        draft, arm = self.draft, self.draft.study.arms[self.arm]
        chosen = self._named(said, tuple(before), "few_shot")
        other = self._fitting(said.tasks.get(self.task.name, self.task.name), said.split, chosen)
        few = {code: draft.known.training(other, code, said.split) for code in chosen}
        if lacking := [f"{code} {rows.rows}" for code, rows in few.items() if rows.rows < said.examples]:
            raise Problem(
                f"target.few_shot: {said.examples} examples are wanted, but '{other.name}' ({said.split}) has fewer: "
                + ", ".join(lacking)
            )
        own = [arm.target.settings(), defaults.FEW_SHOT, said.settings()]
        found = {}
        for code, rows in few.items():
            share = draft.known.share_of(self.task, (rows,), said.examples, subset_seed=said.subset_seed)
            settings = draft.settings(self.encoder.spec, "target", [self.task], [share], own)
            model = before[code]
            job = Train("target", Start(job=model.key), (share,), settings, self.seed, heads="kept")
            key = draft.add(job, self._label(code, f", {said.examples} examples"), self.encoder.parameters)
            trainings, updates = (*model.trainings, key), model.updates + settings.updates
            found[code] = Model(key, None, trainings, updates, (*model.shares, share))
        return found

    def _named(self, said: TranslateTrain | FewShot, languages: Sequence[str], what: str) -> tuple[str, ...]:
        """The languages that a variant is about: of those scored, all but the one with labels, or the named ones."""
        own = self.task.train_language
        if said.languages == "scored":
            return tuple(code for code in languages if code != own)
        if strange := [code for code in said.languages if code not in languages]:
            hint = nearest(strange[0], languages) or f" (scored: {', '.join(languages)})"
            raise Problem(f"target.{what}.languages: {', '.join(strange)} is not scored here{hint}")
        return tuple(code for code in languages if code in said.languages)

    def _fitting(self, name: str, split: str, languages: Sequence[str]) -> Task:
        """The task of this name, whose rows are to be rows of the target. Raises ``Problem`` where they can not."""
        known, task = self.draft.known, self.task
        other = known.named(name)
        if (other.type, other.labels) != (task.type, task.labels):
            differs = str(other.type) if other.type != task.type else f"labels {', '.join(other.labels)}"
            raise Problem(f"'{other.name}' can not train '{task.name}', it has another type or labels ({differs})")
        if split not in other.splits:
            raise Problem(f"'{other.name}' has no split '{split}' (there is {', '.join(other.splits)})")
        if lacking := [code for code in languages if not known.has(other, split, code)]:
            there = known.there(other, split)
            raise Problem(
                f"'{other.name}' ({split}) has no data in {', '.join(lacking)} (there is {', '.join(there)}): "
                f"map '{task.name}' in 'tasks' to a task that has, or name the languages to train in"
            )
        return other
