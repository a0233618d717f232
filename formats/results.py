"""What commands print with `--json`: one object each, described by the schemas of docs/reference/schemas."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict


class Result(BaseModel):
    """What a command has found or done."""

    model_config = ConfigDict(extra="forbid")


class Pack(Result):
    """`check_pack`: clips by system, prompts that have a clip of every system, and cautions on the recordings."""

    pack: str
    clips: int
    systems: dict[str, int]
    prompts: int
    cautions: list[str]


class Stimuli(Result):
    """`generate_stimuli`: the pack, what became of what was drawn or found by system, files left out, cautions."""

    pack: str
    clips: int
    rendered: int
    systems: dict[str, dict[str, int]]
    left_out: dict[str, str]
    cautions: list[str]


class Measures(Result):
    """`measure_clips`: the table, the number of its rows, and the files that were skipped with the reason."""

    table: str
    clips: int
    skipped: dict[str, str]


class Corpus(Result):
    """`prepare_corpus`: the corpus and its content's hash; songs and segments by split; songs skipped by reason."""

    corpus: str
    report: str
    sha256: str
    songs: int
    used: int
    segments: dict[str, int]
    skipped: dict[str, int]


class StudyFileCheck(Result):
    """`create_study --check`: the numbers of a study file in order, and cautions on its design."""

    file: str
    trials_per_expert: int
    slots: int
    cautions: list[str]


class Study(Result):
    """`create_study`: the study, its state, the hash of its plan, and what the blinding check or the plan says."""

    slug: str
    state: str
    plan_sha256: str
    trials_per_expert: int
    slots: int
    said: list[str]


class Blinding(Result):
    """`check_blinding`: sessions and bytes that were looked at, and the test of the pages' features; cautions."""

    slug: str
    clips: int
    sessions: int
    exchanges: int
    bytes: int
    features: int
    p: float
    least_p: float
    #: Share of the pairs of clips of one system that so many experts who compare notes find.
    grouped: dict[int, float]
    recordings: dict[str, Any]
    cautions: list[str]


class Links(Result):
    """`invite_experts`: the personal link of each expert by code."""

    links: dict[str, str]


class Dataset(Result):
    """`export_dataset`: where it is; a folder's hash of all its files."""

    out: str
    form: str
    sha256: str | None
    #: Groups of so few experts that background answers may identify them.
    small_groups: dict[str, int]


class Log(Result):
    """`verify_log`: the number of events and the hash of the newest."""

    log: str
    events: int
    head: str | None


class Backup(Result):
    """`backup` and `restore`: the archive, when it was made, its rows by table, files and their bytes."""

    file: str
    made_at: str
    rows: dict[str, int]
    files: int
    bytes: int


class Erasure(Result):
    """`erase_expert`: the receipt, which is stored nowhere."""

    code: str
    receipt: str


class Written(Result):
    """`analyse` and `analyse_runs`: the files of the report, and warnings."""

    files: list[str]
    warnings: list[str]


class Scenario(Result):
    """What a study can find where ratings vary so much; `power` is approximate with few degrees of freedom."""

    power: float
    is_approximate: bool
    half_width: float
    smallest_gap: float
    standard_deviations: dict[str, float]


class Power(Result):
    """`plan_study`: the planned study and its power by assumption of how ratings vary."""

    experts: int
    clips: int
    heard: int
    systems: int
    alpha: float
    #: single, prompts or sets; in the latter two `clips` are prompts.
    kind: str
    gap: float
    scenarios: dict[str, Scenario]


class EffectScenario(Result):
    """What a study can find where experts and clips vary so much; `smallest` is the effect found with power .8."""

    power: float
    equivalence_power: float
    se: float
    df: float
    smallest: float | None
    standard_deviations: dict[str, float]


class ChoicePower(Result):
    """`plan_study --choices`: the planned study and its power by assumption."""

    experts: int
    systems: int
    clips: int
    heard: int
    real: int
    real_heard: int
    alpha: float
    margin: float
    d_prime: float
    scenarios: dict[str, EffectScenario]


class PairPower(Result):
    """`plan_study --pairs`: the planned study and its power by assumption."""

    experts: int
    systems: int
    prompts: int
    rounds: int
    #: binary, ties or graded.
    form: str
    alpha: float
    margin: float
    #: In strength, on the scale of the noise.
    difference: float
    scenarios: dict[str, EffectScenario]


class AbxPower(Result):
    """`plan_study --abx`: the planned study and its power by assumption."""

    experts: int
    systems: int
    prompts: int
    rounds: int
    alpha: float
    margin: float
    #: Twice the probit of the proportion right: d' of an unbiased expert on single clips.
    effect: float
    share_right: float
    scenarios: dict[str, EffectScenario]


#: The command of each result.
OF_COMMAND: dict[str, type[Result]] = {
    "check_pack": Pack,
    "generate_stimuli": Stimuli,
    "measure_clips": Measures,
    "prepare_corpus": Corpus,
    "create_study": Study,
    "create_study --check": StudyFileCheck,
    "check_blinding": Blinding,
    "invite_experts": Links,
    "export_dataset": Dataset,
    "verify_log": Log,
    "backup": Backup,
    "restore": Backup,
    "erase_expert": Erasure,
    "analyse": Written,
    "analyse_runs": Written,
    "plan_study": Power,
    "plan_study --choices": ChoicePower,
    "plan_study --pairs": PairPower,
    "plan_study --abx": AbxPower,
}
