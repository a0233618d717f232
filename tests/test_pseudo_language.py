"""A third language is one catalogue and one line: every word of pages, reports and codebooks comes from there."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from html import unescape
from pathlib import Path

import pypdfium2
import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from matplotlib.text import Text
from pytest_django.fixtures import Settings

from analysis.data.ratings import Ratings
from analysis.planning import ratings as planning
from analysis.report import folder, pdf, style
from analysis.report.document import Contents, part_of
from analysis.report.sections import compute
from analysis.statistics import power
from analysis.statistics.power import Design
from analysis.training_runs import report
from analysis.training_runs.findings import Samples
from analysis.training_runs.runs import read_runs
from formats.dataset import KINDS
from study import services
from study.dataset import schema
from study.dataset.readme import CODING, HEADS, MEANING
from study.models import Expert, Study
from tests import pseudo
from tests.analysis.builders import SIX
from tests.analysis.shared_findings import study as ratings_of
from tests.factories import enter, hear, make_expert, make_link, make_study, rate_all, reach, study_toml, trials_of
from tests.generation.songs import walk, write_song
from tests.generation.test_pack_folder import folder_of
from tests.pseudo import CLOSE, CODE, OPEN, Visible, marked, untranslated

RUNS = Path(__file__).parent.parent / "fixtures" / "runs"
#: Names that the tests give, columns of files, keys of study files, and names that statistics, libraries, metrics have.
GIVEN = frozenset(
    re.findall(
        r"\w+",
        "ada small all test study real valence overall midi gan sr cnn vaegan en english esperanto none excel xlsx sav "
        "alpha analysis contrasts dropouts exclusions hypotheses primary scale smallest gap code group language name "
        "probit logit rho sd upc gc ebr notes rests tables python numpy scipy pandas matplotlib",
    )
)


@pytest.fixture
def third(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    """The language, of which Django keeps nothing afterwards."""
    pseudo.install(tmp_path / "locale", monkeypatch, settings)


@pytest.fixture
def study(tmp_path: Path, third: None, db: None) -> Study:
    """A study with its own words between marks, as data are in no catalogue."""
    one = r'\{ en = "([^"]*)", zh-hans = "[^"]*" \}'
    text = re.sub(one, lambda found: f'{{ en = "{marked(found[1])}", {CODE} = "{marked(found[1])}" }}', study_toml())
    text = text.replace('"en", "zh-hans"]', f'"en", "{CODE}"]').replace("Kept as far as they go.", marked("Kept."))
    return make_study(tmp_path, text=text, owner=User.objects.create(username="ada"), practice=1)


def words_of(client: Client, url: str) -> list[str]:
    """What is not translated on a page."""
    reply = client.get(url, follow=True)
    assert reply.status_code == 200, url
    return untranslated(unescape(Visible(reply.text).text), GIVEN)


def links_of(client: Client, url: str) -> set[str]:
    """The pages to which a page links."""
    found = re.findall(r'<a [^>]*href="(/[^"#?]*)"', client.get(url, follow=True).text)
    return {link for link in found if not re.search(r"\.\w+$|/dataset/|/zip/|/files/|admin", link)}


def crawled(client: Client, start: str) -> dict[str, list[str]]:
    """What is not translated, by page, on all pages that can be reached by links."""
    client.cookies["django_language"] = CODE
    seen: dict[str, list[str]] = {}
    waiting = {start}
    while waiting:
        url = waiting.pop()
        seen[url] = words_of(client, url)
        waiting |= links_of(client, url) - seen.keys()
    return seen


def faulty(pages: dict[str, list[str]]) -> dict[str, list[str]]:
    return {url: words for url, words in pages.items() if words}


def logged_in() -> Client:
    client = Client()
    client.force_login(User.objects.get(username="ada"), "django.contrib.auth.backends.ModelBackend")
    return client


def test_untranslated_word_is_found_outside_marks() -> None:
    inner = marked(f"a {marked('b')} c")
    assert untranslated(f"{inner} left out.csv 12 ms") == ["left", "ms"]


def test_dashboard_has_no_untranslated_word(study: Study) -> None:
    make_link(study, "e01", language=CODE)
    rate_all(make_expert(study, "e02", language=CODE))
    open_ones = crawled(logged_in(), "/desk/")
    assert faulty(open_ones) == {}
    assert len(open_ones) > 8
    services.close_study(study, actor="test")
    assert faulty(crawled(logged_in(), f"/desk/studies/{study.slug}/")) == {}
    services.open_seal(study, actor="test")
    assert faulty(crawled(logged_in(), f"/desk/studies/{study.slug}/")) == {}


def test_expert_pages_have_no_untranslated_word(study: Study) -> None:
    _, secret = make_link(study, "e01", language=CODE)
    outside = Client()
    outside.cookies["django_language"] = CODE
    pages = {url: words_of(outside, url) for url in ("/", f"/i/{secret}/", "/desk/login/", "/room/offline/")}
    expert = make_expert(study, "e02", language=CODE)
    client = enter(Client(), expert)
    pages |= {url: words_of(client, url) for url in ("/room/consent/", "/room/withdraw/")}
    pages |= answered(client, expert)
    assert faulty(pages) == {}


def answered(client: Client, expert: Expert) -> dict[str, list[str]]:
    """The pages of a session, in its order."""
    pages = {}
    services.give_consent(expert, version=expert.study.file.consent.version, language=CODE)
    pages["background"] = words_of(client, "/room/background/")
    services.save_background(expert, answers={"device": "headphones"})
    pages["sound"] = words_of(client, "/room/sound/")
    pages["instructions"] = words_of(client, "/room/instructions/")
    for trial in [*trials_of(expert, "practice"), *trials_of(expert)]:
        reach(expert, trial)
        pages[f"trial {trial.number}"] = words_of(client, f"/room/t/{trial.token}/")
        hear(expert, trial)
    rate_all(expert)
    pages["review"] = words_of(client, "/room/review/")
    return pages


def own(words: Mapping[str, str]) -> dict[str, str]:
    """A study's own words in the language."""
    return {CODE: marked(words["en"])}


def own_ratings(planned: bool) -> Ratings:
    """Ratings of three systems, with the study's own words between marks."""
    ratings = ratings_of(SIX[:3], planned=planned)
    scales = [
        replace(scale, label=own(scale.label), low=own(scale.low), high=own(scale.high)) for scale in ratings.scales
    ]
    return replace(ratings, scales=tuple(scales), title={CODE: marked("A study")})


@pytest.mark.parametrize("planned", [True, False])
def test_report_has_no_untranslated_word(planned: bool, third: None, tmp_path: Path) -> None:
    folder.write_report(own_ratings(planned), tmp_path / "r", replicates=1000, draw=False)
    page = (tmp_path / "r" / "report.html").read_text(encoding="utf-8")
    section = page[page.index(f'<section id="{CODE}"') :]
    assert len(section) > 10_000
    assert set(untranslated(unescape(Visible(section).text), GIVEN)) == set()
    assert untranslated((tmp_path / "r" / f"methods.{CODE}.md").read_text(encoding="utf-8"), GIVEN) == []
    about = json.loads((tmp_path / "r" / "report.json").read_text(encoding="utf-8"))
    said = list(in_the_language(about))
    assert len(said) > 50
    assert [text for text in said if untranslated(text, GIVEN)] == []


def in_the_language(about: object) -> Iterator[str]:
    """Every text of a JSON file that is there in the language."""
    if isinstance(about, dict):
        if isinstance(about.get(CODE), str):
            yield about[CODE]
        about = list(about.values())
    for part in about if isinstance(about, list) else ():
        yield from in_the_language(part)


def test_pdf_has_no_untranslated_word(third: None, tmp_path: Path) -> None:
    found = compute(own_ratings(planned=True), replicates=1000, seed=1)
    tables = [finding for finding in found.findings.values() if not finding.draw]
    parts = {finding.name: part for finding in tables if (part := part_of(found, finding))}
    pdf.write_pdf(Contents(found, parts, list(found.missing.values()), {"seed": "1"}), tmp_path / "r.pdf", CODE)
    sheets = pypdfium2.PdfDocument(tmp_path / "r.pdf")
    text = " ".join(sheet.get_textpage().get_text_bounded() for sheet in sheets)
    assert len(text) > 2000
    assert untranslated(text, GIVEN) == []


@pytest.mark.parametrize("planned", [True, False])
def test_figures_have_no_untranslated_word(planned: bool, third: None) -> None:
    found = compute(own_ratings(planned), replicates=1000, seed=1)
    drawn: list[str] = []
    for finding in found.findings.values():
        frame = found.frame(finding.name)
        if finding.draw and len(frame):
            with style.figure_style(CODE):
                drawn += [text.get_text() for text in finding.draw(found, frame, CODE).findobj(Text)]
    assert [text for text in drawn if untranslated(text, GIVEN)] == []
    assert len(drawn) > 50


def test_page_of_runs_has_no_untranslated_word(third: None, tmp_path: Path) -> None:
    runs = read_runs(sorted(path for path in RUNS.iterdir() if path.name.startswith("midi-gan")))
    report.write_report(runs, Samples(), tmp_path / "r", replicates=1000, seed=1)
    page = (tmp_path / "r" / "report.html").read_text(encoding="utf-8")
    section = page[page.index(f'<section id="{CODE}"') :]
    assert len(section) > 5000
    assert set(untranslated(unescape(Visible(section).text), GIVEN)) == set()


@pytest.mark.parametrize("design", [Design(26, 13, 10), Design(5, 2, 2), Design(40, 100, 5)])
def test_page_on_power_has_no_untranslated_word(design: Design, third: None) -> None:
    page = planning.page(design, 0.17, power.assumed_variances(), CODE)
    assert untranslated(page, GIVEN) == []


def test_codebook_has_no_untranslated_word(study: Study) -> None:
    tables = [
        schema.long_columns(study.file, "open"),
        schema.expert_columns(study.file),
        schema.clip_columns(study.file, ["x"]),
    ]
    said = [text[CODE] for text in (*HEADS, CODING, MEANING, *KINDS.values())]
    for column in (column for table in tables for column in table):
        said += [column.meaning[CODE], *(text[CODE] for text in column.values.values())]
    assert [text for text in said if untranslated(text, GIVEN)] == []


def printed_by(command: str, *arguments: object) -> str:
    """What a command prints, or why it fails."""
    out = io.StringIO()
    try:
        call_command(command, *map(str, arguments), stdout=out, stderr=out)
    except CommandError as error:
        return str(error)
    return out.getvalue()


def test_commands_have_no_untranslated_word(study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", f"{CODE}_XX.UTF-8")
    file, table = tmp_path / "all.toml", tmp_path / "all.csv"
    file.write_text(study_toml(), encoding="utf-8")
    table.write_text("expert_id,system,clip_id,all\na,real,b,1\na,real,c,2\n", encoding="utf-8")
    pairs = tmp_path / "pairs.csv"
    named = "code,question,clip_a,system_a,clip_b,system_b,value,note"
    pairs.write_text(f"{named}\na,all,b,real,c,all,1,x\nd,all,b,real,c,all,-1,\n", encoding="utf-8")
    said = {
        "study": printed_by("create_study", file, "--check"),
        "pack": printed_by("create_study", file),
        "log": printed_by("verify_log", study.slug),
        "simulated": printed_by("simulate_ratings", study.slug, "--seed", 1),
        "dataset": printed_by("export_dataset", study.slug, "--out", tmp_path / "dataset"),
        "preview": printed_by("analyse", table, "--preview"),
        "pairs": printed_by("analyse", pairs, "--preview", "--columns", "expert_id=code"),
        "missing": printed_by("analyse", tmp_path / "none.csv", "--preview"),
        "power": printed_by("plan_study", "--experts", 26, "--gap", 0.2),
        "design": printed_by("plan_study", "--experts", 1, "--gap", 0.2),
        "gap": printed_by("plan_study", "--experts", 26, "--gap", 9),
        "check": printed_by("check_pack", tmp_path),
    }
    assert outside_marks(said, tmp_path, GIVEN | {study.slug}) == {}
    assert all(said.values())


def outside_marks(said: Mapping[str, str], folder: Path, known: frozenset[str]) -> dict[str, list[str]]:
    """What is not translated in what commands print, without paths."""
    paths = re.compile(rf"{re.escape(str(folder))}[^\s{CLOSE}]*")
    return faulty({name: untranslated(paths.sub("", text), known) for name, text in said.items()})


@pytest.mark.usefixtures("third")
def test_generation_commands_have_no_untranslated_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", f"{CODE}_XX.UTF-8")
    clips, pack, songs = folder_of(tmp_path / "own", "all/1.wav", "real/1.wav"), tmp_path / "pack", tmp_path / "songs"
    (clips / "all" / "small.m4a").write_bytes(b"")
    for number in range(3):
        write_song(songs / f"{number}.mid", walk(60, seed=number))
    write_song(songs / "waltz.mid", walk(60), metre=(3, 4))
    write_song(songs / "chords.mid", [(beat, 2, 60 + 7 * part) for beat in range(40) for part in (0, 1)])
    said = {
        "pack": printed_by("generate_stimuli", "--from", clips, "--out", pack),
        "again": printed_by("generate_stimuli", "--from", clips, "--out", pack),
        "check": printed_by("check_pack", pack),
        "files": printed_by("survey_files", clips, "--out", tmp_path / "files.json"),
        "corpus": printed_by("prepare_corpus", "--source", songs, "--out", tmp_path / "corpus.npz"),
        "metrics": printed_by("measure_clips", songs, "--out", tmp_path / "metrics.csv"),
    }
    assert outside_marks(said, tmp_path, GIVEN | {"train", "validation", "waltz", "chords", "ppl", "kHz", "LU"}) == {}
    assert all(OPEN in text for text in said.values())
