"""Result files of other tools: what they hold, what is left out, and what is said of it."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from analysis.data import imports
from analysis.data.given import Given, parse_given
from analysis.data.imports.files import json_of
from analysis.data.imports.roles import Roles
from analysis.data.ratings import read
from formats.errors import InputError
from formats.messages import SOURCE

SAMPLES = Path(__file__).resolve().parents[2] / "fixtures" / "imports"
#: The tool of each sample.
TOOLS = {
    "golisten_acr.csv": "golisten",
    "jspsych_likert.csv": "jspsych",
    "label_studio.json": "label-studio",
    "listen_and_rate_ab.csv": "listen-and-rate",
    "listen_and_rate_mos.zip": "listen-and-rate",
    "music_arena_battles.jsonl": "music-arena",
    "musiceval_person_mos.txt": "musiceval",
    "otree_all_apps_wide.csv": "otree",
    "p808_acr_batch.csv": "p808",
    "potato_likert.csv": "potato",
    "qualtrics.csv": "qualtrics",
    "webmushra_mushra.csv": "webmushra",
    "webmushra_paired_comparison.csv": "webmushra",
}


def saved(tmp_path: Path, text: str, name: str = "results.csv") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def imported(path: Path, tool: str, **further: str) -> tuple[list[dict[str, str]], list[str]]:
    """The rows of a file by their columns, and what is said of it."""
    rows, notes = imports.read(path, parse_given(tool=tool, **further))
    return [dict(zip(rows.header, cells, strict=True)) for cells in rows.cells], [text[SOURCE] for text in notes]


@pytest.mark.parametrize("name", TOOLS)
def test_sample_of_each_tool_gives_the_expected_rows(name: str) -> None:
    rows, _ = imports.read(SAMPLES / name, Given(tool=TOOLS[name]))
    with (SAMPLES / f"{name.partition('.')[0]}.expected.csv").open(encoding="utf-8", newline="") as file:
        header, *expected = csv.reader(file)
    places = [rows.header.index(column) for column in header]
    assert sorted([row[place] for place in places] for row in rows.cells) == sorted(expected)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("webmushra_mushra.csv", "Left out: 8 practice answers."),
        ("webmushra_mushra.csv", "Left out: 6 rows that repeat another one in every cell."),
        ("webmushra_paired_comparison.csv", "Left out: 1 row without an answer."),
        ("listen_and_rate_ab.csv", "Left out: 3 repeated header lines."),
        ("golisten_acr.csv", "Columns without such a tag are left out: Which instrument do you play?, Warm up."),
        ("p808_acr_batch.csv", "Left out: 6 answers to control clips."),
        ("p808_acr_batch.csv", "Left out: 1 rejected row."),
        ("jspsych_likert.csv", "jsPsych counts the points of a scale and its buttons from 0: 1 was added."),
        ("jspsych_likert.csv", "Left out: 3 practice answers."),
        ("otree_all_apps_wide.csv", "Left out: 1 row of a bot."),
        ("otree_all_apps_wide.csv", "Left out: 1 participant who never came."),
        ("potato_likert.csv", "Left out: 1 practice answer."),
        (
            "potato_likert.csv",
            "Questions answered in words are left out: artefacts.noise, artefacts.clicks. To read one, give its words "
            "with --order.",
        ),
        ("qualtrics.csv", "Left out: 1 response of a preview or test."),
        ("qualtrics.csv", "The answers of unfinished responses are kept: 1."),
        ("label_studio.json", "Left out: 1 cancelled answer."),
        ("label_studio.json", "Predictions of models are left out: 1."),
        ("music_arena_battles.jsonl", "BOTH_BAD is read as no preference: 1."),
    ],
)
def test_what_is_left_out_is_counted(name: str, sentence: str) -> None:
    assert sentence in imported(SAMPLES / name, TOOLS[name])[1]


@pytest.mark.parametrize("name", ["qualtrics.csv", "otree_all_apps_wide.csv", "listen_and_rate_mos.zip"])
def test_imported_ratings_are_analysed_with_their_notes(name: str) -> None:
    data = read(SAMPLES / name, (), Given(tool=TOOLS[name]))
    assert len(data.frame) == len(imported(SAMPLES / name, TOOLS[name])[0])
    assert data.forgiven[0][SOURCE].startswith("Read as a file of ")
    assert "读取" in data.forgiven[0]["zh-hans"]


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("listen_and_rate_ab.csv", "winner: -1: 3, 0: 2, 1: 6."),
        ("webmushra_paired_comparison.csv", "choice_answer: -1: 9, 0: 2, 1: 4."),
        ("music_arena_battles.jsonl", "preference: -1: 2, 0: 2, 1: 2."),
    ],
)
def test_imported_comparisons_are_read_as_such(name: str, values: str) -> None:
    out = StringIO()
    call_command("analyse", str(SAMPLES / name), "--from", TOOLS[name], "--preview", stdout=out, stderr=StringIO())
    assert values in out.getvalue()


def test_folder_of_sessions_says_what_its_archive_says(tmp_path: Path) -> None:
    import zipfile

    with zipfile.ZipFile(SAMPLES / "listen_and_rate_mos.zip") as archive:
        archive.extractall(tmp_path)
    of_folder = imported(tmp_path, "listen-and-rate")
    assert of_folder == imported(SAMPLES / "listen_and_rate_mos.zip", "listen-and-rate")
    assert read(tmp_path, (), Given(tool="listen-and-rate")).sha256 != ""


@pytest.mark.parametrize("name", [name for name in TOOLS if name.endswith(".csv") and "golisten" not in name])
def test_file_of_a_known_tool_is_recognised(name: str) -> None:
    with pytest.raises(InputError, match=f"add --from {TOOLS[name]}"):
        read(SAMPLES / name)


RESPONSES = "Stem,Participant,OrderAsked,Response\n"
CONDITIONS = "Condition\nquill\nember\n"


def of_reseval(folder: Path, answers: str, conditions: str = "") -> list[dict[str, str]]:
    (folder / "tables").mkdir()
    saved(folder / "tables", RESPONSES + answers, "responses.csv")
    if conditions:
        saved(folder / "tables", conditions, "conditions.csv")
    return imported(folder / "tables", "reseval")[0]


def test_reseval_scores_follow_the_condition(tmp_path: Path) -> None:
    rows = of_reseval(tmp_path, "pine,r1,0,real-mix-4\npine,r1,1,ember-2.5\nriver,r2,0,\n")
    assert [(row["expert_id"], row["system"], row["clip_id"], row["rating"]) for row in rows] == [
        ("r1", "real-mix", "pine_real-mix", "4"),
        ("r1", "ember", "pine_ember", "2.5"),
    ]


def test_reseval_digits_are_those_of_conditions_in_order(tmp_path: Path) -> None:
    rows = of_reseval(tmp_path, "pine,r1,0,067100\nriver,r1,1,5009\n", CONDITIONS)  # 005009 in a spreadsheet
    assert [(row["system"], row["rating"]) for row in rows] == [
        *(("ember", "67"), ("quill", "100")),
        *(("ember", "5"), ("quill", "9")),
    ]
    with pytest.raises(InputError, match=r"line 2: the response 067100 .* conditions.csv"):
        imports.read(saved(tmp_path, RESPONSES + "pine,r1,0,067100\n"), Given(tool="reseval"))


def test_reseval_choices_are_comparisons_with_the_other_condition(tmp_path: Path) -> None:
    rows = of_reseval(tmp_path, "pine,r1,0,quill\nriver,r1,1,quill\nriver,r2,0,ember\n", CONDITIONS)
    assert [(row["system_a"], row["system_b"], row["value"]) for row in rows] == [
        ("ember", "quill", "1"),
        ("ember", "quill", "1"),
        ("ember", "quill", "-1"),
    ]
    with pytest.raises(InputError, match="a comparison has two conditions, and these are ember, quill, real"):
        imports.read(saved(tmp_path, RESPONSES + "a,r,0,quill\na,r,1,ember\na,r,2,real\n"), Given(tool="reseval"))


WAET = """<?xml version="1.0" encoding="utf-8"?>
<waetresult key="K7" state="complete"><page ref="training" state="complete"/>
<page ref="pine" state="complete">{elements}</page><page ref="pine-repeat-0" state="complete">{elements}</page>
<page ref="river" state="empty">{elements}</page></waetresult>"""
ELEMENTS = """<audioelement ref="outside" type="outside-reference" url="ref.wav"/>
<audioelement ref="f0" url="media/pine_ember.wav"><value interface-name="quality">0.43</value></audioelement>
<audioelement ref="f1" url="media/pine_quill.wav"><value interface-name="null">0.9</value></audioelement>"""


def test_waet_sessions_of_a_folder_are_read_page_by_page(tmp_path: Path) -> None:
    session = WAET.format(elements=ELEMENTS)
    saved(tmp_path, session, "save-K7.xml")
    saved(tmp_path, session, "update-save-K7.xml")
    rows, notes = imported(tmp_path, "waet")
    found = [tuple(row[name] for name in ("expert_id", "prompt_id", "system", "scale", "rating")) for row in rows]
    once = [("K7", "pine", "ember", "quality", "0.43"), ("K7", "pine", "quill", "rating", "0.9")]
    assert found == once * 2
    assert [row["is_repeat"] for row in rows] == ["", "", "1", "1"]
    assert {"Left out: 5 pages that were not finished.", "Left out: 1 practice answer."} <= set(notes)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<waetresult>", "not readable XML"),
        ("<results/>", "is no session of the Web Audio Evaluation Tool"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><waetresult/>', "is no session of the Web Audio Evaluation Tool"),
    ],
)
def test_file_that_is_no_waet_session_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        imports.read(saved(tmp_path, text, "save.xml"), Given(tool="waet"))


def test_unknown_table_is_answered_with_the_nearest_columns(tmp_path: Path) -> None:
    path = saved(tmp_path, "listener,model,stimulus,score\n" + "a,m,s,1\n" * 3)
    with pytest.raises(InputError, match="--columns expert_id=listener,system=model,clip_id=stimulus"):
        read(path)


def test_unknown_tool_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="known; the tools are webmushra, listen-and-rate"):
        imports.read(saved(tmp_path, "a,b\n1,2\n"), Given(tool="mushroom"))


def test_rows_that_the_user_names_are_left_out() -> None:
    rows, notes = imported(SAMPLES / "webmushra_mushra.csv", "webmushra", leave_out="rating_stimulus=reference")
    assert {row["system"] for row in rows} == {"ember", "quill"}
    assert any(line.startswith("Left out, as asked: ") for line in notes)
    with pytest.raises(InputError, match="--leave-out: there is no column phase"):
        imported(SAMPLES / "webmushra_mushra.csv", "webmushra", leave_out="phase=training")


def test_pattern_says_where_a_name_gives_the_system() -> None:
    rows, _ = imported(SAMPLES / "p808_acr_batch.csv", "p808", pattern=r"_(?P<system>[a-z]+)$")
    assert {row["system"] for row in rows} == {"pine", "river"}
    with pytest.raises(InputError, match="does not give its system by the pattern"):
        imported(SAMPLES / "p808_acr_batch.csv", "p808", pattern=r"(?P<system>XX\d)")


@pytest.mark.parametrize(
    ("further", "sentence"),
    [
        ({"pattern": "("}, "cannot be read"),
        ({"pattern": "a+"}, "does not name the system"),
        ({"leave_out": "training"}, "is not NAME=VALUE"),
    ],
)
def test_wrong_option_is_refused(further: dict[str, str], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        parse_given(tool="p808", **further)


def test_options_of_another_tools_file_need_the_tool() -> None:
    with pytest.raises(InputError, match="name the tool with --from"):
        parse_given(pattern="(?P<system>a)")


def test_pymushra_download_holds_all_types_of_page(tmp_path: Path) -> None:
    text = (
        "wm_type;wm_id;questionaire_uuid;responses_stimulus;responses_score;responses_stimulusRating;"
        "responses_reference;responses_nonReference;responses_answer\n"
        "mushra;pine;u1;ember;71;;;;\nlikert_single_stimulus;pine;u1;quill;;4;;;\n"
    )
    rows, _ = imported(saved(tmp_path, text), "webmushra")
    assert [(row["system"], row["scale"], row["rating"]) for row in rows] == [
        ("ember", "rating_score", "71"),
        ("quill", "stimuli_rating", "4"),
    ]


def test_graded_comparisons_keep_their_grade(tmp_path: Path) -> None:
    text = "tool_version,session_id,test_type,system_a,system_b,item,rating\n0.2.0,s1,cmos,ember,quill,pine,-2\n"
    rows, _ = imported(saved(tmp_path, text), "listen-and-rate")
    assert [(row["system_a"], row["system_b"], row["value"]) for row in rows] == [("ember", "quill", "-2")]


def test_gorilla_keeps_the_responses_that_are_numbers(tmp_path: Path) -> None:
    text = (
        "Participant Private ID,Display,Object Name,Response Type,Response,Spreadsheet: clip\n"
        "7,practice,overall,response,2,warm_ember.wav\n7,rate,overall,response,4,pine_ember.wav\n"
        "7,rate,overall,action,4,pine_ember.wav\n7,rate,player,response,AUDIO PLAYED,pine_ember.wav\nEND OF FILE,,,,,\n"
    )
    rows, notes = imported(saved(tmp_path, text), "gorilla")
    assert [(row["expert_id"], row["clip_id"], row["scale"], row["rating"]) for row in rows] == [
        ("7", "pine_ember", "overall", "4")
    ]
    assert "Events that are no rating of a clip are left out: 2." in notes


def test_revisit_leaves_out_rejected_participants(tmp_path: Path) -> None:
    text = (
        "participantId,trialId,responseId,status,answer,parameters_clip,parameters_system\n"
        'p1,rate_1,overall,completed,"4",pine.wav,ember\np1,rate_1,windowEvents,completed,"{}",pine.wav,ember\n'
        "p2,rate_1,overall,rejected,2,pine.wav,ember\np1,rate_2,why,completed,warm,pine.wav,ember\n"
    )
    rows, notes = imported(saved(tmp_path, text), "revisit")
    assert [(row["expert_id"], row["system"], row["rating"]) for row in rows] == [("p1", "ember", "4")]
    assert {"Left out: 1 rejected row.", "Answers that are no numbers are left out: 1."} <= set(notes)


def test_psynet_reads_clips_from_the_definition(tmp_path: Path) -> None:
    path = tmp_path / "trials.csv"
    cells = [
        ["participant_id", "trial_maker_id", "definition", "answer", "failed", "is_repeat_trial"],
        ["1", "rate", '{"clip": "pine.wav", "system": "ember"}', "4", "False", "False"],
        ["1", "rate", '{"clip": "pine.wav", "system": "ember"}', "5", "False", "True"],
        ["2", "rate", '{"clip": "pine.wav", "system": "ember"}', "1", "True", "False"],
    ]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(cells)
    rows, notes = imported(path, "psynet")
    assert [(row["system"], row["rating"], row["is_repeat"]) for row in rows] == [
        ("ember", "4", ""),
        ("ember", "5", "1"),
    ]
    assert "Left out: 1 row marked as failed." in notes


DATA = [
    {"id": "17", "text": ["pine_ember.wav", "pine_quill.wav"], "genre": "folk"},
    {"id": "18", "text": ["river_quill.wav", "river_ember.wav"], "genre": "folk"},
]
JUDGED = [
    ("17", "tuya", {"better": {"selection": "A"}, "warmth": {"scale_value": -2}}, None),
    ("18", "tuya", {"better": {"selection": "tie"}, "warmth": {"scale_value": 1}}, None),
    ("18", "judge", {"better": {"selection": "B"}}, {"type": "llm"}),
]


def of_potato(folder: Path, **further: str) -> tuple[list[dict[str, str]], list[str]]:
    answers = [
        {"instance_id": item, "user_id": user, "labels": labels, **({"annotator_origin": "llm"} if origin else {})}
        for item, user, labels, origin in JUDGED
    ]
    saved(folder, "\n".join(map(json.dumps, answers)), "annotations.jsonl")
    saved(folder, json.dumps(DATA), "clips.json")
    return imported(folder, "potato", **further)


def test_potato_comparisons_take_their_clips_from_the_data_file(tmp_path: Path) -> None:
    rows, notes = of_potato(tmp_path)
    assert [
        tuple(row[name] for name in ("question", "prompt_id", "system_a", "system_b", "value")) for row in rows
    ] == [
        ("better", "pine", "ember", "quill", "-1"),
        ("warmth", "pine", "ember", "quill", "-2"),
        ("better", "river", "quill", "ember", "0"),
        ("warmth", "river", "quill", "ember", "1"),
    ]
    assert "Left out: 1 row of a bot." in notes
    with pytest.raises(InputError, match=r"line 1: the two clips of 17 are not known\. Give the folder"):
        imports.read(tmp_path / "annotations.jsonl", Given(tool="potato"))


def test_line_separators_within_a_json_line_end_no_line(tmp_path: Path) -> None:
    answers = [{"instance_id": "17_ember", "user_id": f"tuya{end}b", "labels": {"warmth": 4}} for end in "\u2028\x85"]
    lines = "\n".join(json.dumps(answer, ensure_ascii=False) for answer in answers)
    assert len(json_of(saved(tmp_path, lines, "annotations.jsonl"))) == 2


def test_potato_answers_that_were_replaced_are_not_read(tmp_path: Path) -> None:
    old = "instance_id,user_id,overall.3,overall.4{final}\npine_ember,tuya,3,4{last}\npine_quill,tuya,,4{none}\n"
    rows, _ = imported(saved(tmp_path, old.format(final=",overall", last=",3", none=",")), "potato")
    assert [(row["clip_id"], row["rating"]) for row in rows] == [("pine_ember", "3"), ("pine_quill", "4")]
    with pytest.raises(InputError, match="line 2: overall has the answers 3, 4"):
        imports.read(saved(tmp_path, old.format(final="", last="", none="")), Given(tool="potato"))


def test_potato_words_are_ratings_where_their_order_is_given(tmp_path: Path) -> None:
    text = (
        "instance_id,user_id,overall.good,overall.poor,detail.depth,detail.width\n"
        "pine_ember,tuya,good,,4,2\npine_quill,tuya,,poor,3,1\n"
    )
    rows, notes = imported(saved(tmp_path, text), "potato")
    assert {row["scale"] for row in rows} == {"detail.depth", "detail.width"}
    assert any("left out: overall." in note for note in notes)
    given = parse_given(tool="potato", orders=["overall=poor,good"])
    read_rows, _ = imports.read(saved(tmp_path, text), given)
    assert [cells[-1] for cells in read_rows.cells if "overall" in cells] == ["good", "poor"]


def test_ratings_of_one_person_in_two_sessions_are_not_averaged(tmp_path: Path) -> None:
    header = "tool_version,session_id,test_type,metadata_listener,system,item,rating\n"
    path = saved(tmp_path, header + "0.2,s1,mos,tuya,ember,pine,4\n0.2,s2,mos,tuya,ember,pine,2\n")
    with pytest.raises(InputError, match="rates clip pine_ember of ember twice"):
        read(path, (), Given(tool="listen-and-rate"))


def test_preview_shows_values_with_counts_and_writes_nothing(tmp_path: Path) -> None:
    out, err = StringIO(), StringIO()
    source = str(SAMPLES / "golisten_acr.csv")
    report = tmp_path / "report"
    call_command("analyse", source, "--from", "golisten", "--preview", "--out", str(report), stdout=out, stderr=err)
    assert "rating: 1 (2), 2 (5), 3 (5), 4 (6), 5 (4)" in out.getvalue()
    assert "An untouched slider of GoListen is stored as 3." in err.getvalue()
    assert not report.exists()


def test_file_of_another_tool_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    tool, files = imports.TOOLS["golisten"], []

    def read_counted(roles: Roles) -> None:
        files.append(roles.path)
        tool.read(roles)

    monkeypatch.setattr(imports, "TOOLS", {**imports.TOOLS, "golisten": replace(tool, read=read_counted)})
    for times in (1, 2):
        out, source = StringIO(), str(SAMPLES / "golisten_acr.csv")
        call_command("analyse", source, "--from", "golisten", "--preview", stdout=out, stderr=out)
        assert len(files) == times


def test_report_needs_a_folder() -> None:
    with pytest.raises(CommandError, match="with --out"):
        call_command("analyse", str(SAMPLES / "golisten_acr.csv"), "--from", "golisten")


@pytest.mark.parametrize("tool", imports.TOOLS)
@pytest.mark.parametrize("name", TOOLS)
def test_file_of_another_tool_is_refused_in_words(name: str, tool: str) -> None:
    if tool == TOOLS[name]:
        return
    with pytest.raises(InputError) as caught:
        imports.read(SAMPLES / name, Given(tool=tool))
    assert "%(" not in str(caught.value)
