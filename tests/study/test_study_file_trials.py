"""Trials of every kind in a study file: what is valid, what does not fit, and what this version runs."""

from __future__ import annotations

import pytest

from formats.errors import InputError
from formats.study_file import Preference, StudyFile, parse
from study import services
from study.models import Study
from study.services.study_creation import ChosenClips
from tests.factories import study_toml

pytestmark = pytest.mark.usefixtures("in_english")

BOTH = '{{ en = "{0}", zh-hans = "{0}" }}'.format
WORDED = f"label = {BOTH('Quality')}\ndefinition = {BOTH('Which is better?')}\n"
ENDS = f"low = {BOTH('first')}\nhigh = {BOTH('second')}\n"
MIDDLE = f"middle = {BOTH('no difference')}\n"
GRADED = f'[[questions]]\nkey = "better"\nkind = "preference"\nform = "graded"\n{WORDED}{ENDS}{MIDDLE}'
BINARY = f'[[questions]]\nkey = "better"\nkind = "preference"\nform = "binary"\n{WORDED}{ENDS}'
RATING = f'[[questions]]\nkey = "better"\nkind = "rating"\nminimum = 1\nmaximum = 5\n{WORDED}{ENDS}'
HUMAN = (
    f'[[questions]]\nkey = "source"\nkind = "choice"\n{WORDED}choices = [\n'
    f'{{ key = "human", label = {BOTH("human")}, right_for = ["real"] }},\n'
    f'{{ key = "computer", label = {BOTH("computer")}, right_for = ["midi-gan"] }} ]\n'
)
HIDDEN = 'clips = "all"\nmatch = "prompt"\nreference = "real"\nhidden_reference = true\n'
ABX = (
    f'[[questions]]\nkey = "better"\nkind = "choice"\nof = "trial"\n{WORDED}choices = [\n'
    f'{{ key = "a", label = {BOTH("A")} }},\n{{ key = "b", label = {BOTH("B")} }} ]\n'
)
UNKNOWN = 'clips = 2\nmatch = "prompt"\nreference = "x"'
TEXT = f'[[questions]]\nkey = "why"\nkind = "text"\n{WORDED}'


def asking(questions: str, trial: str = "", primary: str = "better") -> str:
    """A study file with these questions in place of its scales."""
    before, _, rest = study_toml().partition("[[scales]]")
    after = rest[rest.index("[[background]]") :]
    if "clips = 2" in trial:
        before = before.replace("heard_per_expert", "rounds")
    before = before.replace("[design]", f"[trial]\n{trial}\n[design]")
    return before + questions + after.replace('primary_scale = "overall"', f'primary_scale = "{primary}"')


def faults(text: str) -> str:
    with pytest.raises(InputError) as refused:
        parse(text)
    return str(refused.value)


@pytest.mark.parametrize(
    ("questions", "trial"),
    [
        pytest.param(RATING, "clips = 1", id="MOS"),
        pytest.param(RATING, 'reference = "human-take"', id="DMOS"),
        pytest.param(BINARY, "clips = 2", id="AB"),
        pytest.param(GRADED, 'clips = 2\nmatch = "prompt"', id="CMOS"),
        pytest.param(GRADED, 'clips = 2\nmatch = "prompt"\nreference = "prompt"', id="XAB"),
        pytest.param(ABX, UNKNOWN, id="ABX"),
        pytest.param(RATING, 'clips = "all"\nmatch = "prompt"', id="a set"),
        pytest.param(
            RATING, 'clips = "all"\nmatch = "prompt"\nreference = "real"\nhidden_reference = true', id="MUSHRA"
        ),
        pytest.param(RATING, 'clips = "all"\nanchors = ["midi-gan"]', id="an anchor"),
        pytest.param(RATING + HUMAN + TEXT, "clips = 1", id="human or computer"),
    ],
)
def test_every_kind_of_trial_is_a_valid_study_file(questions: str, trial: str) -> None:
    file = parse(asking(questions, trial))
    assert StudyFile.model_validate(file.as_json()) == file


def test_rating_question_of_each_clip_is_a_scale() -> None:
    file = parse(asking(RATING))
    [scale] = file.scales
    assert (scale.key, scale.minimum, scale.maximum, file.questions) == ("better", 1, 5, [])


def test_scales_mean_what_they_meant() -> None:
    file = parse(study_toml())
    assert (file.trial.clips, file.trial.match, file.trial.reference, file.questions) == (1, "none", "none", [])
    assert [asked.key for asked in file.numbered] == ["valence", "overall"]
    assert file.trials_per_expert == 4


@pytest.mark.parametrize(
    ("form", "values"), [("binary", [-1, 1]), ("ties", [-1, 0, 1]), ("graded", [-3, -2, -1, 0, 1, 2, 3])]
)
def test_preference_has_the_values_of_its_form(form: str, values: list[int]) -> None:
    middle = "" if form == "binary" else MIDDLE
    file = parse(asking(BINARY.replace('"binary"', f'"{form}"') + middle, "clips = 2"))
    asked = file.asked("better")
    assert isinstance(asked, Preference)
    assert (list(asked.values), asked.minimum, asked.maximum) == (values, values[0], values[-1])
    assert file.trials_per_expert == 2


@pytest.mark.parametrize("systems", [2, 3, 6])
def test_trials_of_two_clips_follow_from_pairs_and_rounds(systems: int) -> None:
    names = [*(f"model-{number}" for number in range(systems - 1)), "real"]
    text = asking(GRADED, "clips = 2").replace('["midi-gan", "real"]', '["model-0", "real"]')
    rows = "".join(f'[[systems]]\nid = "{name}"\nlabel = {BOTH("one")}\n' for name in names)
    head, _, rest = text.partition("[[systems]]")
    file = parse(head + rows + rest[rest.index("[[groups]]") :])
    assert file.trials_per_expert == 2 * systems * (systems - 1) // 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (asking(GRADED), "questions[1].kind: A preference needs two clips in a trial. Write clips = 2 under [trial]."),
        (asking(GRADED, "clips = 3"), 'trial.clips: 3 is not valid. Use one of 1, 2, "all".'),
        (asking(GRADED, "clips = true"), "trial.clips: True is not valid."),
        (asking(BINARY + MIDDLE, "clips = 2"), "questions[1].middle: A binary preference has no middle."),
        (asking(GRADED.replace(MIDDLE, ""), "clips = 2"), "questions[1].middle: This key is missing."),
        (asking(GRADED.replace('"graded"', '"five"'), "clips = 2"), "questions[1].form: 'five' is not valid."),
        (asking(GRADED.replace('"graded"', "[1]"), "clips = 2"), "questions[1].form: [1] is not valid."),
        (asking(GRADED.replace('"preference"', '"choose"'), "clips = 2"), "questions[1].kind: 'choose' is not valid."),
        (asking(GRADED.replace("form", "forms"), "clips = 2"), "questions[1].forms: There is no such key. Did you"),
        (asking(GRADED.replace('"better"', '"clip_a"'), "clips = 2"), "Datasets already have a column 'clip_a'"),
        (asking(GRADED + BINARY, "clips = 2"), "questions[2].key: 'better' appears twice."),
        ("questions = [1]\n" + asking(""), "questions[1].kind: 1 is not valid. Use one of"),
        (asking(""), "scales: This key is missing. Write [[scales]] or [[questions]]"),
        (asking(RATING, 'match = "title"'), 'trial.match: \'title\' is not valid. Use one of "prompt", "none".'),
        (asking(RATING, 'reference = "real"'), "trial.reference: 'real' is the reference and also a system."),
        (
            asking(GRADED, 'clips = 2\nreference = "prompt"'),
            "trial.reference: A reference is of the prompt of its trial.",
        ),
        (
            asking(RATING, "hidden_reference = true"),
            "trial.hidden_reference: A hidden reference is one of the systems.",
        ),
        (
            asking(RATING, "hidden_ref = true"),
            "trial.hidden_ref: There is no such key. Did you mean 'hidden_reference'?",
        ),
        (asking(ABX, 'reference = "x"'), "trial.reference: X is one of two clips. Write clips = 2 under [trial]."),
        (asking(BINARY, UNKNOWN), 'trial.reference: No question asks which clip X is. Add one of kind "choice"'),
        (
            asking(ABX.replace('of = "trial"', ""), UNKNOWN),
            "questions[1].of: X is one of the clips of its trial.",
        ),
        (
            asking(ABX, UNKNOWN.replace('match = "prompt"', "")),
            "trial.reference: A reference is of the prompt of its trial.",
        ),
        (
            asking(ABX.replace('key = "b"', 'right_for = ["real"], key = "b"'), UNKNOWN),
            "questions[1].choices: Write two choices without right_for: the first is right where X is the first clip.",
        ),
        (asking(RATING, 'anchors = ["midi-gan"]'), "trial.anchors: Only trials of all systems have anchors. Write"),
        (
            asking(RATING, f'{HIDDEN}anchors = ["real"]'),
            "trial.anchors: 'real' is the reference and cannot be an anchor",
        ),
        (
            asking(RATING, f'{HIDDEN}anchors = ["midi-gan"]'),
            "trial.anchors: No system is left that is rated for itself.",
        ),
        (asking(RATING, f'{HIDDEN}anchors = ["low"]'), "trial.anchors: Write a list of systems, each once, such as"),
        (asking(RATING, f"{HIDDEN}anchors = [1]"), "trial.anchors: Write a list of systems, each once, such as"),
        (
            asking(RATING, 'clips = "all"').replace("alpha = 0.05", "alpha = 0.05\npost_screening = true"),
            "analysis.post_screening: Post-screening needs ratings of a hidden reference. Write hidden_reference",
        ),
        (asking(GRADED, "clips = 2").replace("rounds = 2", ""), "design.rounds: This key is missing. Add it."),
        (asking(GRADED, "clips = 2").replace("rounds = 2", "rounds = 4"), "design.rounds: 4 is not valid. Enter a"),
        (
            asking(GRADED, "clips = 2").replace("rounds = 2", "rounds = 2\nheard_per_expert = 2"),
            "design.heard_per_expert: In trials of two clips, heard_per_expert does not apply.",
        ),
        (study_toml().replace("repeats = 0", "rounds = 2"), "design.rounds: Only trials of two clips have rounds."),
        (
            asking(HUMAN.replace('["real"]', '["music"]'), primary="x"),
            "questions[1].choices[1].right_for: Write a list",
        ),
        (
            study_toml() + '[publication]\nauthors = ["A (1)"]\nlicense = "MIT"\n',
            'publication.authors: Write a list of names, such as ["Zhang',
        ),
        (
            study_toml() + '[publication]\nlicense = "MIT"\n',
            "publication.license: 'MIT' is not valid. Use one of \"CC0-1.0\"",
        ),
        (asking(GRADED, "clips = 2", primary="worse"), "analysis.primary_scale: 'worse' is not one of the questions"),
        (
            asking(GRADED, "clips = 2").replace("smallest_gap = 0.5", "smallest_gap = 7"),
            "analysis.smallest_gap: 7 is out of range. Enter a number above 0 and below 5.",
        ),
    ],
)
def test_what_does_not_fit_the_trial_is_named_with_its_fix(text: str, said: str) -> None:
    assert said in faults(text)


def test_fault_in_a_question_names_its_line() -> None:
    text = asking(GRADED + BINARY.replace('"better"', '"Better"'), "clips = 2")
    line = text.splitlines().index('key = "Better"') + 1
    assert f"line {line}, questions[2].key: 'Better' is not valid." in faults(text)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "said"),
    [
        (asking(RATING, "clips = 2"), "questions of kind rating in trials with clips = 2"),
        (asking(RATING, 'clips = "all"'), "trials of all systems whose clips are not matched by prompt"),
    ],
)
def test_trial_that_is_not_served_is_refused_in_a_sentence(text: str, said: str) -> None:
    file = parse(text)
    with pytest.raises(InputError, match=f"This version cannot run {said} yet"):
        services.create_study(slug="new", file=file, file_sha256="", clips=ChosenClips())
    assert not Study.objects.exists()


@pytest.mark.parametrize(
    ("key", "trial"), [("place", 'clips = "all"'), ("place", "clips = 2"), ("prompt_id", 'match = "prompt"')]
)
def test_scale_is_not_named_as_a_column_of_its_trials(key: str, trial: str) -> None:
    scale = RATING.replace("[[questions]]", "[[scales]]").replace('kind = "rating"\n', "").replace("better", key)
    assert parse(asking(scale, primary=key)).scales[0].key == key
    assert f"scales[1].key: Datasets already have a column '{key}'." in faults(asking(scale, trial, primary=key))
