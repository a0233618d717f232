"""The seal against somebody who tries: what they have names no system, and the same attacks find what is planted."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import pytest
import rfc8785
from django.contrib.auth.models import User
from django.test import Client
from django.urls import resolve, reverse

from formats.pack import PackClip, read_pack
from formats.study_file import StudyFile, parse
from study import clock, dataset, services
from study.builder import files
from study.dataset import disguise
from study.design import certificate_of
from study.design.cautions import ENOUGH_SLOTS, MAX_REVEALED
from study.design.sets import places
from study.desk import progress
from study.models import Device, Draft, Event, Expert, Job, Trial
from study.sequences import sessions_of
from study.services.study_creation import ChosenClips, draw_codes
from tests.factories import (
    abx_toml,
    begin,
    choice_toml,
    enter,
    hear,
    make_expert,
    make_link,
    make_pack,
    pair_toml,
    rate,
    set_toml,
    study_toml,
    trials_of,
)
from tests.robustness.test_access import OURS
from tests.study.attacker import ATTACKS, Claim, Ears, Evidence, claims, revealed_roles, revealed_x, share_of_guesses
from tests.study.children import finished
from tests.study.test_desk import client_of
from tests.study.test_desk_sealed import body, crawl

SYSTEMS = ("midi-gan", "music-vae", "transformer", "real")
SCALES = ("valence", "overall")
#: Views of the desk that give nothing but an act: what they lead to is crawled.
ACTS = {
    *("login", "logout", "password", "clips", "discard_job", "discard", "check_blinding", "amend", "remove_member"),
    *("archive", "rehearse", "remind", "stop_mail"),
    *("open", "close", "open_seal", "revoke", "end", "withdraw", "make_report"),
}
#: The same of the builder.
BUILDING = {"builder:delete", "builder:team", "builder:create", "builder:files"}
#: What is claimed from a report's numbers by code, which were drawn at random for it (test_blind_report.py).
GUESSES = {"numbers", "differences"}


def text_of(kind: str) -> str:
    """The study file of single clips (scales and a choice), of choices, pairs or sets, with a hidden reference or not.

    Sets have so many pages that no order fits another by chance (attacker.py).
    """
    has_sets = kind in {"sets", "mushra"}
    shape: dict[str, Any] = {"systems": SYSTEMS, "clips": clips_of(kind), "repeats": 0 if has_sets else 2, "slots": 9}
    if kind == "pairs":
        return pair_toml(rounds=3, **shape)
    if kind == "abx":
        return abx_toml(rounds=3, **shape)
    if kind == "choices":
        return choice_toml(heard=4, **shape)
    if kind == "mushra":
        said = 'reference = "real"\nhidden_reference = true\nanchors = ["music-vae"]\n'
        return text_of("sets").replace("[design]", said + "[design]")
    shape |= {"heard": shape["clips"], "scales": SCALES}
    return choice_toml(**shape) if kind == "single" else set_toml(**shape)


def clips_of(kind: str) -> int:
    """Clips of each system."""
    return 12 if kind in {"sets", "mushra"} else 4


class Scene:
    """A study of six experts, five of them complete, rated at random whatever was heard."""

    def __init__(self, folder: Path, ada: Client, kind: str = "single") -> None:
        self.ada, self.rng = ada, Random(3)
        self.file = parse(text_of(kind))
        self.places = self.file.clips_per_trial
        practice = self.places + self.file.has_reference
        self.pack: list[PackClip] = read_pack(make_pack(folder / "pack", SYSTEMS, clips_of(kind), practice=practice))
        self.study = services.create_study(
            slug="small",
            file=self.file,
            file_sha256="0" * 64,
            clips=services.choose_clips(self.file, self.pack),
            owner=User.objects.get(username="ada"),
        )
        services.record_blinding(self.study, actor="test", detail={})
        services.open_study(self.study, actor="test")
        self.ears = Ears(self.pack)

    def evidence(self, expert: str) -> Evidence:
        return Evidence(expert, SYSTEMS, self.file)

    def session(self, evidence: Evidence, trials: int | None = None) -> None:
        """The attacker's expert at work: they hear what is played, and look at the board after each trial."""
        expert = make_expert(self.study, evidence.expert)
        begin(expert)
        browser = enter(Client(), expert)
        evidence.snapshots.append(self.board())
        for trial in [*trials_of(expert, "practice"), *trials_of(expert)[:trials]]:
            page = reverse("room:trial", args=[trial.token])
            evidence.seen[f"{expert.code}:{page}"] = body(browser.get(page))
            systems = self.heard(browser, trial)
            self.answer(expert, trial, evidence)
            if trial.phase == "study":
                evidence.browser |= {self.stand(trial, place): system for place, system in systems.items()}
                evidence.snapshots.append(self.board())
        if trials is None:
            services.submit(expert)

    def stand(self, trial: Trial, place: int) -> int:
        """The number of a clip in its session."""
        return (trial.number - 1) * self.places + place

    def heard(self, browser: Client, trial: Trial) -> dict[int, str]:
        """The system of each clip of a trial by its place, by its sound."""
        addresses = [reverse("room:audio", args=[trial.token])]
        addresses += [reverse("room:further_audio", args=[trial.token, n]) for n in range(2, self.places + 1)]
        return {n: self.ears.system(body(browser.get(url))) for n, url in enumerate(addresses, start=1)}

    def answer(self, expert: Expert, trial: Trial, evidence: Evidence | None = None) -> None:
        """An answer to every question that says nothing of the system."""
        hear(expert, trial)
        for asked in self.file.numbered:
            for place in range(1, self.places + 1 if self.file.has_sets else 2):
                value = self.rng.choice(list(asked.values))
                rate(expert, trial, asked.key, value, place=place)
                is_counted = trial.phase == "study" and not trial.is_repeat and asked in self.file.scales
                if evidence is not None and is_counted:
                    evidence.given[self.stand(trial, place), asked.key] = value

    def others(self, *codes: str) -> None:
        """Experts whose browsers are their own."""
        for code in codes:
            expert = make_expert(self.study, code)
            begin(expert)
            for trial in [*trials_of(expert, "practice"), *trials_of(expert)]:
                self.answer(expert, trial)
            services.submit(expert)

    def board(self) -> bytes:
        return body(self.ada.get(reverse("desk:board", args=["small"])))

    def preview(self, evidence: Evidence) -> None:
        """A walk through a preview, listened to from the first trial to the last."""
        client = self.ada
        assert client.post(reverse("room:preview", args=["small"])).status_code == 302
        walker = Expert.objects.select_related("slot", "study").get(study__slug="small-preview")
        services.give_consent(walker, version="1", language=walker.language)
        services.save_background(walker, answers={"device": "headphones"})
        Device.objects.filter(expert=walker).update(accepted_at=clock.now() - timedelta(hours=1))
        heard: dict[int, str] = {}
        for trial in [*trials_of(walker, "practice"), *trials_of(walker)]:
            systems = self.heard(client, trial)
            self.answer(walker, trial)
            if trial.phase == "study":
                heard |= {self.stand(trial, place): system for place, system in systems.items()}
        evidence.previewed.append(heard)

    def collect(self, evidence: Evidence) -> None:
        """Everything that the desk and the admin show and give, by page, form and download."""
        evidence.seen |= dict(crawl(self.ada))
        unlinked = reverse("desk:open_link", args=["small"])  # only studies with an open link lead to it
        evidence.seen[unlinked] = body(self.ada.get(unlinked))
        address = reverse("desk:download", args=["small"])
        evidence.seen[f"{address}xlsx"] = body(self.ada.post(address, {"form": "xlsx"}))
        root = client_of("root", superuser=True)
        for model in ("study", "expert", "invitation", "member", "event"):
            address = reverse(f"admin:study_{model}_changelist")
            evidence.seen[address] = body(root.get(address))
        for event in Event.objects.filter(study=self.study):
            address = reverse("admin:study_event_change", args=[event.pk])
            evidence.seen[address] = body(root.get(address))
        for expert in self.study.experts.all():
            address = reverse("admin:study_expert_change", args=[expert.pk])
            evidence.seen[address] = body(root.get(address))

    def report(self) -> None:
        """The blinded report, made at the desk."""
        self.ada.post(reverse("desk:make_report", args=["small"]))
        job = finished(Job.objects.get(kind=Job.Kind.REPORT))
        assert (job.state, job.fault) == ("done", "")

    def upload(self, draft: Draft, evidence: Evidence) -> None:
        """The pack once more as files of a draft, and how the builder plays them."""
        names = {f"{clip.system}/{clip.clip_id}.mp3": clip.audio for clip in self.pack}
        for name, audio in names.items():
            files.take_whole(draft, name, [audio])
        facts = {"seconds": 1, "channels": 1, "lufs": -20.0, "waveform": [1], "reason": None}
        files.note_files(draft, [{"file": name, **facts} for name in names], SYSTEMS)
        for file in draft.files.all():
            address = reverse("builder:sound", args=[draft.token, file.pk])
            evidence.seen[address] = body(self.ada.get(address))

    def forms(self, evidence: Evidence) -> None:
        """The answers to forms that say something: links, sheets, replacements, erasures."""
        make_link(self.study, "e07")
        make_link(self.study, "e08")
        person = {"language": "en", "name": "", "ends": "2099-01-01"}
        asked: dict[str, tuple[list[str], dict[str, str]]] = {
            "invite": (["small"], {"form": "one", "code": "e09", "group": "all", **person}),
            "link": (["small", "e07"], {"ends": "2099-01-01"}),
            "replace": (["small", "e08"], {"code": "e10", **person}),
            "erase": (["small", "e08"], {"sure": "yes"}),
        }
        self.ada.post(reverse("builder:new"), {"begin": "study:small", "language": "en"})
        address = reverse("builder:figures", args=[Draft.objects.get().token])
        evidence.seen[f"POST {address}"] = body(self.ada.post(address))
        self.upload(Draft.objects.get(), evidence)
        for name, (parts, given) in asked.items():
            address = reverse(f"desk:{name}", args=parts)
            response = self.ada.post(address, given)
            assert response.status_code == 200, name
            evidence.seen[f"POST {address}"] = body(response)


@pytest.fixture
def scene(tmp_path: Path, ada: Client) -> Scene:
    return Scene(tmp_path, ada)


def everything(scene: Scene, half_way: int, *others: str) -> tuple[Evidence, Evidence]:
    """What an attacker has before closing: of an expert's whole session, and of one that was left."""
    whole, half = scene.evidence("e01"), scene.evidence("e06")
    scene.session(whole)
    scene.others(*others)
    scene.session(half, trials=half_way)
    scene.preview(whole)
    scene.preview(whole)
    scene.forms(whole)
    scene.collect(whole)
    return whole, replace(half, seen=whole.seen, previewed=whole.previewed)


@pytest.fixture
def _time_passes() -> Iterator[None]:
    """Each look at the clock finds it half a second later, so that there is time for all clips."""
    begun, looks = clock.now(), count()
    with clock.use(lambda: begun + timedelta(seconds=next(looks) / 2)):
        yield


@pytest.mark.usefixtures("children_here", "_time_passes")
@pytest.mark.parametrize(("kind", "half_way"), [("choices", 7), ("pairs", 4), ("abx", 4), ("sets", 5), ("mushra", 5)])
def test_attacker_names_no_system_of_other_trials(kind: str, half_way: int, tmp_path: Path, ada: Client) -> None:
    """The same where trials have several clips, or a question with a right answer; then what is planted in them."""
    scene = Scene(tmp_path, ada, kind)
    whole, half = everything(scene, half_way, "e02", "e03")
    assert claims(whole) == claims(half) == {}
    services.close_study(scene.study, actor="test")
    scene.report()
    scene.collect(whole)
    assert claims(whole).keys() <= GUESSES
    assert not revealed_x(whole) | revealed_roles(whole)
    assert_finds_what_is_planted(scene, whole)
    for role in ("hidden_reference", "anchor", "music-vae") if kind == "mushra" else ():
        leak = f"expert_id,trial,place,role\ne02,3,1,\ne02,3,4,{role}\n".encode()
        assert revealed_roles(replace(whole, seen={"leak": leak})) == {("e02", 3, 4)}
    if kind == "abx":
        leak = b"expert_id,trial,choice,correct\ne02,3,a,1\ne03,4,b,0\n"
        assert revealed_x(replace(whole, seen={"leak": leak})) == {("e02", 3), ("e03", 4)}


def assert_finds_what_is_planted(scene: Scene, evidence: Evidence) -> None:
    """The attacks on rows, plans and seeds, and on the order of a page's clips, work for trials like these."""
    slot = Expert.objects.get(code="e01").slot
    assert slot is not None
    code = {system: code for code, system in scene.study.systems.values_list("code", "system_id")}
    own = [row for row in sessions_of(scene.study)["slots"] if row["slot"] == slot.number]
    lines = ["expert_id,trial,place,code"]
    if scene.file.trial.clips == 2:
        lines = ["expert_id,trial,code_a,code_b"]
        lines += [f"e01,{number},{code[a]},{code[b]}" for number, (a, b) in evidence.trials()]
    else:
        lines += [f"e01,{n},{p},{code[one]}" for n, all_ in evidence.trials() for p, one in enumerate(all_, start=1)]
    for name, content in {
        "rows": "\n".join(lines).encode(),
        "sequences": rfc8785.dumps({"slots": own}),
        "seeds": json.dumps({"seed": scene.study.seed}).encode(),
    }.items():
        assert right(scene, claims(replace(evidence, seen={"leak": content}))[name])
    if scene.places > 1:
        rows = [sorted(systems, key=lambda system: code[system]) for _, systems in evidence.trials()]
        ordered = dict(enumerate((system for row in rows for system in row), start=1))
        assert right(scene, claims(replace(evidence, seen={}, browser=ordered))["places"])


@pytest.mark.parametrize("kind", ["single", "pairs", "abx", "sets"])
@pytest.mark.parametrize("systems", [4, 6])
def test_structure_of_plans_tells_little_of_others(kind: str, systems: int) -> None:
    """With as few slots as a study has without a caution, one session helps little to guess another one."""
    assert share_of_guesses(few_slots(kind, systems, ENOUGH_SLOTS), range(80)) * systems < MAX_REVEALED


@pytest.mark.parametrize(("kind", "systems", "share"), [("single", 2, 0.9), ("sets", 2, 0.6), ("sets", 4, 0.29)])
def test_structure_of_too_few_plans_is_found(kind: str, systems: int, share: float) -> None:
    assert share_of_guesses(few_slots(kind, systems, 2), range(80)) > share


def test_rows_of_sets_in_a_regular_order_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """As plans of sets once had them: each page with the first row of its square that was free."""
    monkeypatch.setattr(places, "_free", lambda at, colours, rng: next(one for one in range(colours) if one not in at))
    assert share_of_guesses(few_slots("sets", 6, ENOUGH_SLOTS), range(80)) * 6 > MAX_REVEALED


def few_slots(kind: str, systems: int, slots: int) -> StudyFile:
    """A small study file of few slots."""
    shape: dict[str, Any] = {"systems": [*"abcdef"[:systems]], "clips": 4, "repeats": 0, "slots": slots}
    make = {"single": study_toml, "pairs": pair_toml, "abx": abx_toml, "sets": set_toml}[kind]
    return parse(make(**shape | ({"rounds": 3} if kind in {"pairs", "abx"} else {"heard": 4})))


@pytest.mark.usefixtures("children_here")
def test_attacker_names_no_system_before_unsealing(scene: Scene) -> None:
    """With all that there is: the pack, the owner's login, a browser, previews, sealed report, forms, log and admin."""
    whole, half = everything(scene, 7, "e02", "e03", "e04", "e05")
    assert claims(whole) == claims(half) == {}
    services.close_study(scene.study, actor="test")
    scene.report()
    scene.collect(whole)
    names = {Path(name).name for name in whole.seen}
    assert {"report.html", "system_means.csv", "events.jsonl", "plan.json", "xlsx", "sav"} <= names
    assert claims(whole).keys() | claims(half).keys() <= GUESSES
    assert_aggregates_only(whole)
    assert not_seen(whole) == set()


def assert_aggregates_only(evidence: Evidence) -> None:
    """The report is there, under codes, without figures by clip or expert."""
    means = next(content for name, content in evidence.seen.items() if "files/tables/system_means.csv" in name)
    lines = means.decode().splitlines()
    assert {line.split(",")[1] for line in lines[1:]} == set("ABCD")
    files = (name.partition("?")[0] for name in evidence.seen if "report/files/" in name)
    names = {name.rpartition("files/")[2] for name in files}
    figures = {name.partition(".")[0] for name in names if name.startswith("figures/")}
    # Means of the primary scale and of all, differences, power.
    assert {"figures/figure1", "figures/figure2"} <= figures <= {f"figures/figure{n}" for n in range(1, 5)}
    assert not {"tables/screening.csv", "tables/rating_spread.csv", "tables/sensitivity.csv"} & names


def not_seen(evidence: Evidence) -> set[str]:
    """The views of the desk that the attacker has not looked at."""
    addresses = {name.removeprefix("POST ").partition(":")[0] for name in evidence.seen if "/desk/" in name}
    seen = {resolve(_path(address)).view_name for address in addresses}
    every = {name for name in OURS if name.startswith(("desk:", "builder:"))}
    return (
        every - seen - BUILDING - {f"desk:{name}" for name in ACTS} - {"desk:job"}
    )  # a report's job leads on to the report


def _path(address: str) -> str:
    """The address without a form's name behind a download's."""
    path = address.partition("?")[0]
    folder, _slash, last = path.rpartition("/")
    return path if not last or "." in last or last.isdigit() else f"{folder}/"


def right(scene: Scene, claim: Claim) -> bool:
    """Whether a claim names systems, and each as it is."""
    truth = dict(scene.study.systems.values_list("code", "system_id"))
    return bool(claim) and claim.items() <= truth.items()


Plant = Callable[[Scene, Evidence], None]


def codes_in_rows(scene: Scene, evidence: Evidence) -> None:
    own = dict(scene.study.clips.exclude(system=None).values_list("clip_id", "system__code"))
    with TemporaryDirectory() as folder, patch.object(disguise, "codes_at_random", lambda study: own):
        dataset.export(scene.study, Path(folder) / "coded", coded=True)
        for path in (Path(folder) / "coded" / "data").iterdir():
            evidence.seen[path.name] = path.read_bytes()
    assert right(scene, claims(evidence)["rows"])


def clips_beside_their_codes(scene: Scene, evidence: Evidence) -> None:
    trials = trials_of(Expert.objects.select_related("slot").get(code="e01"))
    rows = [f"e01,{trial.number},{trial.clip.clip_id}" for trial in trials]
    evidence.seen["rows.csv"] = "\n".join(["expert_id,trial,clip_id", *rows]).encode()
    assert claims(evidence) == {}
    codes = scene.study.clips.filter(role="study").values_list("clip_id", "system__code")
    evidence.seen["clips.csv"] = "\n".join(["clip,code", *map(",".join, codes)]).encode()
    assert right(scene, claims(evidence)["clips"])


def sequences_in_the_plan(scene: Scene, evidence: Evidence) -> None:
    evidence.seen["plan.json"] = rfc8785.dumps({"schema": 1, "sessions": sessions_of(scene.study)})
    assert right(scene, claims(evidence)["sequences"])


def preview_of_a_slot(scene: Scene, evidence: Evidence) -> None:
    first = sessions_of(scene.study)["slots"][0]["trials"]
    system = dict(scene.study.systems.values_list("code", "system_id"))
    played = {number: system[trial["system"]] for number, trial in enumerate(first, start=1)}
    evidence = replace(evidence, browser={}, previewed=[played])
    evidence.seen["plan.json"] = rfc8785.dumps({"schema": 1, "sessions": sessions_of(scene.study)})
    assert right(scene, claims(evidence)["sequences"])


def seed_of_the_plan(scene: Scene, evidence: Evidence) -> None:
    evidence.seen["certificate.json"] = json.dumps({"seed": scene.study.seed}).encode()
    assert right(scene, claims(evidence)["seeds"])


def certificate_of_few_slots(scene: Scene, evidence: Evidence) -> None:
    firsts = [name for number, name in sorted(evidence.browser.items()) if (number, "overall") in evidence.given]
    evidence = replace(evidence, browser=dict(enumerate(firsts, start=1)))
    sessions = sessions_of(scene.study)
    slot = Expert.objects.get(code="e01").slot
    assert slot is not None
    one = {**sessions, "slots": [row for row in sessions["slots"] if row["slot"] == slot.number]}
    evidence.seen["certificate.json"] = rfc8785.dumps(certificate_of(one))
    assert right(scene, claims(evidence)["counts"])


def test_attacker_watches_a_board_that_counts_by_code(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    def by_code() -> bytes:
        codes = scene.study.systems.values_list("code", flat=True)
        trials = dict.fromkeys(codes, 0)
        for code in Expert.objects.filter(study=scene.study).values_list("ratings__trial__clip__system__code"):
            trials[code[0]] = trials.get(code[0], 0) + 1
        return "".join(
            ["<table>", *(f"<tr><td>{c}</td><td>{n}</td></tr>" for c, n in trials.items()), "</table>"]
        ).encode()

    monkeypatch.setattr(scene, "board", by_code)
    evidence = scene.evidence("e01")
    scene.session(evidence)
    assert right(scene, claims(evidence)["changes"])


def test_attacker_counts_the_ratings_of_a_half_session(scene: Scene) -> None:
    evidence = scene.evidence("e01")
    scene.session(evidence, trials=5)
    rated = Expert.objects.filter(ratings__scale="overall", ratings__trial__phase="study")
    counts = dict.fromkeys(scene.study.systems.values_list("code", flat=True), 40)
    for code in rated.values_list("ratings__trial__clip__system__code", flat=True):
        counts[code] += 1
    evidence.seen["means.csv"] = "\n".join(["system,n", *(f"{c},{n}" for c, n in counts.items())]).encode()
    claim = claims(evidence)["numbers"]
    assert right(scene, claim)  # in five trials one of the four systems came twice
    assert list(claim.values()) == [evidence.browser[5]]


def two_reports_around_one_session(scene: Scene, evidence: Evidence) -> None:
    # Whatever was rated, sums that are the same for two systems would leave two readings.
    evidence.given = {(n, scale): SYSTEMS.index(evidence.browser[n]) + 1 for n, scale in evidence.given}
    sums = {(system, scale): 0 for system in SYSTEMS for scale in SCALES}
    for (number, scale), value in evidence.given.items():
        sums[evidence.browser[number], scale] += value
    code = {system: code for code, system in scene.study.systems.values_list("code", "system_id")}
    others = {cell: scene.rng.randint(40, 80) for cell in sums}
    for sessions, name in ((5, "before"), (6, "after")):
        lines = ["scale,system,mean"]
        for (system, scale), own in sums.items():
            lines.append(
                f"{scale},{code[system]},{(others[system, scale] + own * (sessions - 5)) / (4 * sessions):.6f}"
            )
        evidence.seen[f"{name}.csv"] = "\n".join(lines).encode()
    assert right(scene, claims(evidence)["differences"])


PLANTS: tuple[Plant, ...] = (
    *(codes_in_rows, clips_beside_their_codes, sequences_in_the_plan, preview_of_a_slot, seed_of_the_plan),
    *(certificate_of_few_slots, two_reports_around_one_session),
)


def test_attacker_finds_what_is_planted(scene: Scene, subtests: pytest.Subtests) -> None:
    """A study of one complete expert, whose browser the attacker has, and in each case something more."""
    heard = scene.evidence("e01")
    scene.session(heard)
    assert claims(heard) == {}
    for plant in PLANTS:
        with subtests.test(plant.__name__):
            plant(scene, replace(heard, seen=dict(heard.seen)))


def test_every_attack_is_shown_to_find_what_is_planted() -> None:
    source = Path(__file__).read_text(encoding="utf-8")
    assert [name for name in ATTACKS if f'["{name}"]' not in source and f'.get("{name}"' not in source] == []


def test_order_of_codes_follows_no_order_of_the_file_or_pack(tmp_path: Path) -> None:
    """Taking codes in their order for systems in the file's is right as often as by chance: one in four."""
    clips: ChosenClips = services.choose_clips(
        parse(study_toml(systems=SYSTEMS, clips=4)), read_pack(make_pack(tmp_path / "pack", SYSTEMS, 4))
    )
    drawn = [draw_codes(clips, {}, Random(seed), matched=False) for seed in range(400)]
    hits = sum(one.systems[code] == system for one in drawn for code, system in zip("ABCD", SYSTEMS, strict=True))
    assert 0.2 < hits / 1600 < 0.3
    ids = [sorted(one.numbered.items(), key=lambda item: min(item[1])) for one in drawn]
    first = sum(one.systems[order[0][0]] == SYSTEMS[0] for one, order in zip(drawn, ids, strict=True))
    assert 0.15 < first / 400 < 0.35


def test_board_of_a_sealed_study_has_one_row_of_clips(scene: Scene) -> None:
    scene.others("e01")
    [coverage] = progress.board(scene.study).coverage
    assert (coverage.system, {clip.clip_id for clip in coverage.clips}) == ("", {""})
