"""Codes under which nothing says which system made a clip, for the report before unblinding."""

from __future__ import annotations

from random import SystemRandom

from study.models import Clip, Seal, Study


class Disguise:
    """What clips and answers are called in one blinded report, drawn for it alone.

    A single clip has one code. Where trials have several clips, the systems change their codes and clips with one
    another within an expert's trials of one prompt, or, if clips are not matched, within all trials of an expert:
    trials keep their form, and no system is compared with itself.
    """

    def __init__(self, study: Study) -> None:
        self._random = SystemRandom()
        pairs = list(study.systems.order_by("code").values_list("code", "system_id"))
        self.codes = [code for code, _ in pairs]
        systems = [system for _, system in pairs]
        #: Code -> the system whose right answers it has here.
        self.rights = dict(zip(self.codes, self._random.sample(systems, len(systems)), strict=True))
        self._has_one, self._is_matched = study.file.trial.clips == 1, study.file.trial.match == "prompt"
        self._single = codes_at_random(study) if self._has_one else {}
        self._clips: dict[str, list[str]] = {} if self._has_one else Seal.objects.get(study=study).content["clips"]
        self._numbers = {clip: (code, n) for code, clips in self._clips.items() for n, clip in enumerate(clips)}
        self._drawn: dict[tuple[str, int], dict[str, str]] = {}

    def clip(self, expert: str, clip_id: str) -> tuple[str, str]:
        """The code and the id that a clip has in a trial of an expert."""
        if self._has_one:
            return self._single[clip_id], clip_id
        own, number = self._numbers[clip_id]
        trials = expert, number if self._is_matched else -1
        if trials not in self._drawn:
            shuffled = self._random.sample(self.codes, len(self.codes))
            self._drawn[trials] = dict(zip(self.codes, shuffled, strict=True))
        code = self._drawn[trials][own]
        return code, self._clips[code][number]

    def x(self) -> int:
        """The place of the clip that X is said to be."""
        return self._random.choice((1, 2))


def codes_at_random(study: Study) -> dict[str, str]:
    """A random code for each study clip, with as many clips per code as per system."""
    clips = study.clips.filter(role=Clip.Role.STUDY).values_list("clip_id", "system__code")
    ids, codes = zip(*clips, strict=True)
    return dict(zip(ids, SystemRandom().sample(codes, len(codes)), strict=True))
