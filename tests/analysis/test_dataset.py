from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from analysis.data.ratings import read
from formats.errors import InputError
from tests.analysis.builders import make_dataset, make_frame, write_hashes


def refusal(folder: Path) -> str:
    with pytest.raises(InputError) as caught:
        read(folder)
    return str(caught.value)


def test_an_unsealed_dataset_gives_wording_bounds_labels_and_metrics(tmp_path: Path) -> None:
    data = read(make_dataset(tmp_path / "d"))
    assert data.scales[1].high == {"en": "excellent", "zh-hans": "很好"}
    assert (data.scales[0].minimum, data.scales[0].maximum) == (1.0, 5.0)
    assert not data.bounds_inferred
    assert data.real_system == "real"
    assert data.system_labels["midi-gan"]["en"] == "MIDI-GAN"
    assert data.metrics is not None
    assert set(data.metrics["system"]) == set(data.systems)


def test_the_plan_tells_primary_from_secondary_scales(tmp_path: Path) -> None:
    data = read(make_dataset(tmp_path / "d"))
    assert (data.status("overall"), data.status("valence")) == ("primary", "secondary")
    unfrozen = read(make_dataset(tmp_path / "e", changes={"plan_sha256": None}))
    assert unfrozen.exploratory_scales == ("valence", "overall")


def test_before_unsealing_nothing_names_the_real_music(tmp_path: Path) -> None:
    changes = {"real_system": "A", "systems": [{"id": "A", "label": {"en": "Real music"}}]}
    data = read(make_dataset(tmp_path / "d", make_frame(systems=tuple("ABC")), unsealed=False, changes=changes))
    assert data.is_sealed
    assert data.real_system is None
    assert data.system_labels == {}
    assert data.metrics is None


def test_the_csv_inside_a_dataset_stands_for_the_dataset(tmp_path: Path) -> None:
    folder = make_dataset(tmp_path / "d", simulated=True)
    data = read(folder / "data" / "study-daur_task-rating_data.csv")
    assert data.is_simulated
    assert data.sha256 == read(folder).sha256


@pytest.mark.parametrize("name", ["data/study-daur_task-rating_data.csv", "plan.json", "dataset_description.json"])
def test_a_changed_file_is_named(tmp_path: Path, name: str) -> None:
    folder = make_dataset(tmp_path / "d")
    with (folder / name).open("a", encoding="utf-8") as file:
        file.write("\n")
    assert f"{name} is not the file that was exported" in refusal(folder)


def test_a_lost_file_is_named(tmp_path: Path) -> None:
    folder = make_dataset(tmp_path / "d")
    (folder / "plan.json").unlink()
    assert "plan.json cannot be read: No such file or directory." in refusal(folder)


def test_a_listing_that_was_shortened_is_refused(tmp_path: Path) -> None:
    folder = make_dataset(tmp_path / "d")
    hashes = json.loads((folder / "hashes.json").read_text())
    del hashes["files"]["metrics.csv"]
    (folder / "hashes.json").write_text(json.dumps(hashes))
    assert "dataset_sha256 does not belong to the files listed" in refusal(folder)


def test_a_file_that_was_added_beside_the_listing_is_not_read(tmp_path: Path) -> None:
    folder = make_dataset(tmp_path / "d")
    metrics = (folder / "metrics.csv").read_text()
    (folder / "metrics.csv").unlink()
    write_hashes(folder)
    (folder / "metrics.csv").write_text(metrics)
    assert "metrics.csv is missing from hashes.json" in refusal(folder)


def test_a_listing_that_leads_outside_is_refused(tmp_path: Path) -> None:
    folder = make_dataset(tmp_path / "d")
    (folder / "hashes.json").write_text(json.dumps({"files": {"../secret": "0"}, "dataset_sha256": "0"}))
    assert "which lies outside the dataset" in refusal(folder)


def test_a_rating_out_of_bounds_is_named_by_line(tmp_path: Path) -> None:
    frame = make_frame()
    frame.loc[3, "rating"] = 6
    assert "line 5: rating 6 on overall is outside 1 to 5" in refusal(make_dataset(tmp_path / "d", frame))


def test_a_scale_that_the_description_lacks_is_named_by_line(tmp_path: Path) -> None:
    frame = make_frame()
    frame.loc[0, "scale"] = "tempo"
    assert "line 2: scale 'tempo' is not in dataset_description.json" in refusal(make_dataset(tmp_path / "d", frame))


def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    assert "schema 2 is not 1" in refusal(make_dataset(tmp_path / "d", changes={"schema": 2}))


SCALE = {"key": "overall", "minimum": 1, "maximum": 5, "label": {"en": "O"}, "low": {}, "high": {}}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"real_system": []}, "'real_system' is [], not a text"),
        ({"simulated": "no"}, "'simulated' is 'no', not true or false"),
        ({"unsealed": 1}, "'unsealed' is 1, not true or false"),
        ({"title": {"en": 5}}, "title: 'en' is 5, not a text"),
        ({"study": "../daur"}, "'study' is '../daur', which no file can be named after"),
        ({"scales": {"overall": SCALE}}, "not a list"),
        ({"scales": ["overall"]}, "scales: this is 'overall', not an object"),
        ({"scales": [{"key": "overall"}]}, "scales 1: 'minimum' is missing"),
        ({"scales": [{**SCALE, "maximum": float("nan")}]}, "scales 1: 'maximum' is nan, not a finite number"),
        ({"scales": [{**SCALE, "maximum": 10**400}]}, "not a number"),
        ({"scales": [{**SCALE, "maximum": True}]}, "scales 1: 'maximum' is True, not a number"),
        ({"scales": [{**SCALE, "maximum": 1}]}, "scale 'overall' has a minimum that is not below its maximum"),
        ({"scales": [{**SCALE, "label": {"en": 5}}]}, "scales 1 label: 'en' is 5, not a text"),
        ({"systems": [{"id": "real", "label": {"en": 5}}]}, "systems 1 label: 'en' is 5, not a text"),
        ({"systems": [{"id": "real"}]}, "systems 1: 'label' is missing"),
        ({"systems": [{"id": ["real"], "label": {}}]}, "systems 1: 'id' is ['real'], not a text"),
        ({"title": {"en": "\ud800"}}, "is not readable JSON"),
    ],
)
def test_a_description_of_another_form_is_refused_in_one_sentence(
    tmp_path: Path, changes: dict[str, Any], sentence: str
) -> None:
    message = refusal(make_dataset(tmp_path / "d", changes=changes))
    assert "dataset_description.json" in message
    assert sentence in message
    assert "\n" not in message


def test_labels_of_several_lines_are_put_on_one(tmp_path: Path) -> None:
    systems = [{"id": "real", "label": {"en": "Real\n music\u2028here\x07"}}]
    data = read(make_dataset(tmp_path / "d", changes={"systems": systems}))
    assert data.system_labels["real"]["en"] == "Real music here"


def test_a_plan_that_is_not_the_frozen_one_is_refused_though_every_hash_of_a_file_is_right(tmp_path: Path) -> None:
    folder = make_dataset(tmp_path / "d")
    plan = json.loads((folder / "plan.json").read_text())
    plan["analysis"]["primary_scale"] = "valence"
    (folder / "plan.json").write_text(json.dumps(plan))
    write_hashes(folder)
    assert "plan.json is not the plan that was frozen" in refusal(folder)


def test_the_primary_scale_is_the_frozen_plan_s_not_the_description_s(tmp_path: Path) -> None:
    data = read(make_dataset(tmp_path / "d", changes={"analysis": {"primary_scale": "valence"}}))
    assert data.status("overall") == "primary"


def test_a_dataset_of_simulated_experts_is_simulated_whatever_it_says(tmp_path: Path) -> None:
    frame = make_frame()
    frame["expert_id"] = "simulated-" + frame["expert_id"]
    assert read(make_dataset(tmp_path / "d", frame, simulated=False)).is_simulated


def test_a_folder_that_is_no_dataset_is_refused(tmp_path: Path) -> None:
    assert "dataset_description.json cannot be read" in refusal(tmp_path)
    (tmp_path / "dataset_description.json").write_text('{"name": "Another lab"}')
    assert "has no 'mukulen' part; give the folder's CSV of ratings instead" in refusal(tmp_path)
