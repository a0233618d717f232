from __future__ import annotations

import io
from pathlib import Path
from random import Random

import numpy as np
import pytest
import soundfile

from formats.errors import InputError
from study.mp3 import OWN_BYTES, with_own_bytes
from tests.factories import tone


def encoded(rate: int, channels: int, *, mode: str = "CONSTANT") -> bytes:
    """Half a second of noise between silent edges."""
    rng = np.random.default_rng(rate + channels)
    wave = np.pad(0.1 * rng.standard_normal((rate // 2, channels)), ((rate // 5, rate // 5), (0, 0)))
    file = io.BytesIO()
    soundfile.write(file, wave, rate, format="MP3", bitrate_mode=mode, compression_level=0.5)
    return file.getvalue()


def decoded(data: bytes) -> bytes:
    """The samples."""
    return bytes(soundfile.read(io.BytesIO(data), dtype="int16")[0])


FILES = {
    f"{rate} Hz, {channels} channel(s)": (rate, channels) for rate in (44_100, 16_000, 8_000) for channels in (1, 2)
}


@pytest.mark.parametrize("form", FILES)
def test_a_copy_has_other_bytes_and_the_same_size_headers_and_sound(form: str) -> None:
    data = encoded(*FILES[form])
    copies = [with_own_bytes(data, Random(number)) for number in range(3)]
    assert len({data, *copies}) == 4
    for copy in copies:
        assert len(copy) == len(data)
        different = [place for place in range(len(data)) if copy[place] != data[place]]
        assert max(different) - min(different) < 2 * OWN_BYTES + 40  # the one stretch, at most over a header
        assert decoded(copy) == decoded(data)


def test_a_clip_as_generate_stimuli_makes_it_takes_its_own_bytes() -> None:
    from generation.audio import SAMPLES, Sounding, encode, play

    samples = 0.1 * play([Sounding(0, 2.0, 60), Sounding(2.0, 3.0, 67)])
    assert len(samples) == SAMPLES
    data = encode(samples)
    copy = with_own_bytes(data, Random(1))
    assert copy != data
    assert len(copy) == len(data)
    assert decoded(copy) == decoded(data)


def test_the_place_is_the_same_in_clips_of_one_kind() -> None:
    """Where the own bytes stand says nothing of the clip."""
    places = set()
    for number in range(4):
        data = tone(number)
        copy = with_own_bytes(data, Random(number))
        places.add(min(place for place in range(len(data)) if copy[place] != data[place]) // OWN_BYTES)
    assert len(places) == 1


@pytest.mark.parametrize("data", [b"", b"no music", b"ID3", b"\xff\xfb\x90\xc0" * 3, Path(__file__).read_bytes()])
def test_what_is_no_mp3_is_refused(data: bytes) -> None:
    with pytest.raises(InputError, match="it is not an MP3"):
        with_own_bytes(data, Random(1))
