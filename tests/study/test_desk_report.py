"""The report's page: what it shows and hands out, and when one is made. (It is really drawn in test_desk_sealed.)"""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from PIL import Image

from study import jobs, services
from study.models import Event, Job, Study
from tests.factories import make_expert, make_study
from tests.study.test_desk import text
from tests.study.test_desk_sealed import body

pytestmark = pytest.mark.django_db


def picture() -> bytes:
    """A real PNG of a figure's size."""
    file = io.BytesIO()
    Image.new("RGB", (900, 500), "white").save(file, "PNG")
    return file.getvalue()


FILES = {
    "figures/figure7.en.png": picture(),
    "figures/figure7.zh-hans.png": picture(),
    "figures/figure7.en.svg": b"<svg/>",
    "figures/figure7.csv": b"scale,mean\noverall,3\n",
    "tables/system_means.csv": b"scale,system,mean\n" + b"overall,<A>,3.25\n" * 70,
    "tables/system_means.tex": b"\\begin{tabular}",
    "tables/system_means.md": b"| scale |",
    "report.html": """<!doctype html><title>A report</title><nav>…</nav><main>
<section id="en" lang="en"><h1>A report</h1><p class="answer">A&lt;B is liked best.</p>
<figure><img style="max-width: 9cm" alt="Means" src="data:image/svg+xml;base64,PHN2Zy8+"></figure>
<div class="scroll"><table><caption>Means of systems</caption><tbody><tr><td>3.25</td></tr></tbody></table></div>
</section>
<section id="zh-hans" lang="zh-Hans"><h1>一份报告</h1></section></main>""".encode(),
    "checklist.html": b"<!doctype html><title>A report</title>",
    "report.en.pdf": b"%PDF-",
    "report.zh-hans.pdf": b"%PDF-",
    "methods.en.md": b"# Methods",
    "report.json": b"",
}
FINDINGS = [
    {
        "path": "figures/figure7",
        "title": {"en": "Figure 7", "zh-hans": "图 7"},
        "caption": {"en": "Figure 7. The system's mean.", "zh-hans": "图 7 均值。"},
        "pixels": {"en": [900, 500], "zh-hans": [900, 500]},
    },
    {
        "path": "tables/system_means",
        "title": {"en": "Means", "zh-hans": "均值"},
        "caption": {"en": "Means of systems", "zh-hans": "各系统的均值"},
    },
]


@pytest.fixture
def study(tmp_path: Path, ada: Client) -> Study:
    return make_study(tmp_path, owner=User.objects.get(username="ada"))


def closed_with_report(study: Study) -> Path:
    """A report as a finished job leaves it."""
    services.close_study(study, actor="test")
    assert study.owner is not None
    job = jobs.prepare(Job.Kind.REPORT, user=study.owner, study=study, slug=study.slug)
    Job.objects.update(state="done", detail={**job.detail, "under_codes": True})
    folder = jobs.folder_of(job) / "report"
    for name, data in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    about = {"files": list(FILES), "sections": [{"name": "all", "findings": FINDINGS}]}
    (folder / "report.json").write_text(json.dumps({"report": about}))
    (folder / "secret.txt").write_text("not of the report")
    return folder


def address(name: str, *parts: str) -> str:
    return reverse(f"desk:{name}", args=["small", *parts])


def test_the_report_is_read_on_its_page_and_every_file_can_be_downloaded(study: Study, ada: Client) -> None:
    closed_with_report(study)
    page = text(ada.get(address("report")))
    report = page.partition('<article class="report">')[2].partition("</article>")[0]
    assert report.startswith('<h1>A report</h1><p class="answer">A&lt;B is liked best.</p>')
    assert 'src="data:image/svg+xml;base64,PHN2Zy8+"' in report
    assert "style=" not in report
    assert '<div class="scroll" tabindex="0"><table class="table"><caption>Means of systems' in report
    assert page.count("<h1>") == 1
    for name, data in FILES.items():
        response = ada.get(address("report_file", name), {"download": ""})
        assert response.headers["Content-Disposition"].startswith("attachment")
        if name not in ("report.json", "report.zh-hans.pdf"):  # a page offers the PDF in its own language
            assert address("report_file", name) in page
            assert body(response) == data
    assert "attachment" not in ada.get(address("report_file", "figures/figure7.en.png")).headers["Content-Disposition"]
    assert ada.get(address("report_file", "report.html")).headers["Content-Disposition"].startswith("attachment")


def test_the_report_and_the_titles_of_its_files_are_in_the_readers_language(study: Study, ada: Client) -> None:
    closed_with_report(study)
    assert "<li>Figure 7: <a" in text(ada.get(address("report")))
    page = text(ada.get(address("report"), headers={"accept-language": "zh-hans"}))
    assert '<article class="report"><h1>一份报告</h1></article>' in page
    assert "<li>图 7: <a" in page
    assert "A report" not in page
    assert address("report_file", "report.zh-hans.pdf") in page


def test_report_of_the_choices_has_a_page_beside_the_first_one(study: Study, ada: Client) -> None:
    folder = closed_with_report(study)
    assert address("choices") not in text(ada.get(address("report")))
    assert ada.get(address("choices")).status_code == 404
    assert ada.post(address("choices_zip")).status_code == 404
    shutil.copytree(folder, folder.with_name("choices"))
    (folder.with_name("choices") / "methods.en.md").write_bytes(b"# Methods of choices")
    page = text(ada.get(address("report")))
    assert f'<a href="{address("report")}" aria-current="page">Report of the ratings</a>' in page
    assert f'<a href="{address("choices")}">Report of the choices</a>' in page
    page = text(ada.get(address("choices"), headers={"accept-language": "zh-hans"}))
    assert f'<a href="{address("choices")}" aria-current="page">选择题报告</a>' in page
    assert address("choices_file", "report.zh-hans.pdf") in page
    assert address("report_file", "report.zh-hans.pdf") not in page
    assert body(ada.get(address("choices_file", "methods.en.md"))) == b"# Methods of choices"
    assert body(ada.get(address("report_file", "methods.en.md"))) == b"# Methods"
    packed = zipfile.ZipFile(io.BytesIO(body(ada.post(address("choices_zip")))))
    assert packed.read("choices-small/methods.en.md") == b"# Methods of choices"


def test_report_of_an_earlier_version_offers_its_files(study: Study, ada: Client) -> None:
    folder = closed_with_report(study)
    (folder / "report.json").write_text(json.dumps({"report": {"files": list(FILES)}}))
    (folder / "report.html").write_text("<h1>A report</h1>")
    page = text(ada.get(address("report")))
    assert "Regenerate it to read it here." in page
    assert "<li>system means: <a" in page
    (folder / "report.html").write_bytes(b"\xff")
    assert "Regenerate it to read it here." in text(ada.get(address("report")))


def test_a_report_with_the_answers_of_one_who_withdrew_is_handed_out_no_more(study: Study, ada: Client) -> None:
    expert = make_expert(study)
    closed_with_report(study)
    assert ada.get(address("report_file", "report.html")).status_code == 200
    services.withdraw(expert, actor="test")
    page = text(ada.get(address("report")))
    assert "You can create the next report after unblinding." in page
    assert "figure7" not in page
    assert ada.get(address("report_file", "report.html")).status_code == 404
    assert ada.post(address("report_zip")).status_code == 404


def test_a_report_whose_files_are_on_another_server_is_said_to_be_elsewhere(study: Study, ada: Client) -> None:
    folder = closed_with_report(study)
    folder.rename(folder.with_name("elsewhere"))
    page = text(ada.get(address("report")))
    assert "not on this server. Regenerate it." in page
    assert "Download all files" not in page
    assert ada.get(address("report_file", "report.html")).status_code == 404
    assert ada.post(address("report_zip")).status_code == 404
    assert not study.events.filter(kind="report downloaded").exists()


def test_sealed_report_of_an_earlier_version_is_withheld(study: Study, ada: Client) -> None:
    closed_with_report(study)
    Job.objects.update(detail={"slug": "small"})
    page = text(ada.get(address("report")))
    assert "reveals more than a blinded report may" in page
    assert "figure7" not in page
    assert ada.get(address("report_file", "report.html")).status_code == 404
    assert ada.post(address("report_zip")).status_code == 404
    services.open_seal(study, actor="test")
    assert ada.get(address("report_file", "report.html")).status_code == 200


def test_without_a_rating_there_is_nothing_to_report(study: Study, ada: Client) -> None:
    services.close_study(study, actor="test")
    services.open_seal(study, actor="test")
    page = text(ada.post(address("make_report"), follow=True))
    assert "There are no ratings to report yet" in page
    assert not Job.objects.exists()


@pytest.mark.parametrize("name", ["secret.txt", "../log.txt", "figures", "figures/../report.html", "nothing.csv"])
def test_nothing_but_the_files_of_the_report_is_handed_out(study: Study, ada: Client, name: str) -> None:
    closed_with_report(study)
    assert ada.get(f"{address('report')}files/{name}").status_code == 404


def test_the_whole_report_comes_as_a_zip_and_the_log_keeps_who_took_it(study: Study, ada: Client) -> None:
    closed_with_report(study)
    with zipfile.ZipFile(io.BytesIO(body(ada.post(address("report_zip"))))) as archive:
        assert sorted(archive.namelist()) == sorted(f"report-small/{name}" for name in FILES)
    event = Event.objects.get(kind="report downloaded")
    assert (event.actor, event.detail) == ("researcher:ada", {"sealed": True})


def test_a_report_made_while_sealed_is_called_so_after_unsealing(study: Study, ada: Client) -> None:
    closed_with_report(study)
    assert "assigns clips to the system codes A, B, C … at random" in text(ada.get(address("report")))
    services.open_seal(study, actor="test")
    page = text(ada.get(address("report")))
    assert "created before unblinding" in page
    assert "assigns clips to the system codes A, B, C … at random" not in page


def test_no_report_is_made_of_a_study_that_is_open(study: Study, ada: Client) -> None:
    page = text(ada.post(address("make_report"), follow=True))
    assert "Close the study before you create a report." in page
    assert not Job.objects.exists()
    assert ada.post(address("report_zip")).status_code == 404


def test_figures_of_the_plan_that_are_out_of_bounds_are_named(study: Study, ada: Client) -> None:
    assert "All values are within their limits." in text(ada.get(address("study")))
    study.certificate["uneven"] = ["carry_over_spread"]
    study.save(update_fields=["certificate"])
    page = text(ada.get(address("study")))
    assert "Less balanced than most plans" in page
    assert "carry-over balance." in page
