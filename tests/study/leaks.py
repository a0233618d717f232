"""Ways in which a site could give its systems away, for the check to catch."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

from django.http import HttpRequest, HttpResponse

from study.models import FurtherClip, Trial

Answer = Callable[[HttpRequest], HttpResponse]


def system_asked_for(request: HttpRequest) -> str:
    """The system whose clip a request is about, "" where it is about none."""
    parts = request.path.split("/")
    trial = Trial.objects.filter(token=parts[3]).first() if len(parts) > 3 else None
    return trial.clip.system.system_id if trial and trial.clip.system else ""


def naming_header(get_response: Answer) -> Answer:
    """Every clip comes with its system's name in a header."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.path.endswith("/audio"):
            response["X-Origin"] = f"cache-{system_asked_for(request)}-1"
        return response

    return middleware


def coded_header(get_response: Answer) -> Answer:
    """The page of a trial, and nothing else of it, carries a number that is 1 for one system and 0 for the others."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if not re.fullmatch(r"/room/t/[^/]+/", request.path):
            return response
        response["X-Shard"] = str(int(system_asked_for(request) == "transformer"))
        return response

    return middleware


class Stopwatch:
    """Times a session's requests in place of the machine's clock, on which other work may weigh: 4 to 6 ms each."""

    def __init__(self) -> None:
        self.at, self.rng = 0.0, Random(1)

    def perf_counter(self) -> float:
        """As `time.perf_counter`."""
        self.at += self.rng.uniform(0.004, 0.006)
        return self.at


stopwatch = Stopwatch()


def slower_system(get_response: Answer) -> Answer:
    """The clips of one system take two milliseconds longer, and those of another four.

    Of three systems only one that is slower leaves the ranks of the others to chance, which may look alike.
    """
    longer = {"transformer": 0.002, "real": 0.004}

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.path.endswith("/audio"):
            stopwatch.at += longer.get(system_asked_for(request), 0)
        return get_response(request)

    return middleware


def coded_review(get_response: Answer) -> Answer:
    """The review of all answers marks the clips of one system."""

    def mark(link: re.Match[str]) -> str:
        code = Trial.objects.get(token=link[1]).clip.system
        return f'{link[0]} tabindex="{int(code is not None and code.system_id == "transformer")}"'

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.path.endswith("/review/"):
            text = response.content.decode()
            response.content = re.sub(r'href="/room/t/([^/]+)/"', mark, text).encode()
        return response

    return middleware


def spoken_page(get_response: Answer) -> Answer:
    """A word that the consent text says too stands on the pages of one system's trials."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if re.fullmatch(r"/room/t/[^/]+/", request.path) and system_asked_for(request) == "real":
            response.content = response.content.replace(b"</main>", b'<i class="real"></i></main>')
        return response

    return middleware


def longer_audio(get_response: Answer) -> Answer:
    """Every clip is sent with a byte more than is stored."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.path.endswith("/audio"):
            response.content += b"\0"
        return response

    return middleware


def shorter_waveform(get_response: Answer) -> Answer:
    """The waveforms of one system have fewer bars than the others."""
    return _with_waveform(get_response, lambda peaks: peaks[:60])


def lower_waveform(get_response: Answer) -> Answer:
    """The waveforms of one system are drawn on another scale."""
    return _with_waveform(get_response, lambda peaks: "".join(f"{int(peak, 36) // 4}" for peak in peaks))


def _with_waveform(get_response: Answer, change: Callable[[str], str]) -> Answer:
    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if re.fullmatch(r"/room/t/[^/]+/", request.path) and system_asked_for(request) == "transformer":
            page, there = response.content.decode(), r'data-peaks="(\w+)"'
            response.content = re.sub(there, lambda found: f'data-peaks="{change(found[1])}"', page).encode()
        return response

    return middleware


def failing_audio(get_response: Answer) -> Answer:
    """No clip can be fetched."""

    def middleware(request: HttpRequest) -> HttpResponse:
        return HttpResponse(status=400) if request.path.endswith("/audio") else get_response(request)

    return middleware


def _second_system(request: HttpRequest) -> str:
    """The system of the clip at place 2 of the trial that a request is about."""
    parts = request.path.split("/")
    further = FurtherClip.objects.filter(trial__token=parts[3], place=2).first() if len(parts) > 3 else None
    return further.clip.system.system_id if further and further.clip.system else ""


def naming_second_clip(get_response: Answer) -> Answer:
    """The second clip of a pair comes with its system's name in a header."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.path.endswith("/audio/2"):
            response["X-Origin"] = f"cache-{_second_system(request)}-1"
        return response

    return middleware


def counted_second_clip(get_response: Answer) -> Answer:
    """The page of a pair carries a number that is 1 where its second clip is real music."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if re.fullmatch(r"/room/t/[^/]+/", request.path):
            response["X-Shard"] = str(int(_second_system(request) == "real"))
        return response

    return middleware
