"""What one clip is like beside its notes: when it sounds, how loud over time, how wide, how far up, over what noise."""

from __future__ import annotations

import math
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pyloudnorm.iirfilter import IIRfilter
from scipy.ndimage import binary_opening
from scipy.signal import freqz

Numbers = NDArray[np.float64]

FRAME_S = 0.02
#: A frame is silent so far below the loudness of its clip: −60 dBFS in a clip of −20 LUFS.
SILENT_LU = -40.0
#: Frames are gated for a clip's loudness as ITU-R BS.1770-4 gates its blocks, less its offset: -70 dBFS, and -10 LU.
ABSOLUTE_GATE, RELATIVE_GATE = 1e-7, 0.1
ROLL_OFF = 0.99
#: The highest frequency of a clip stands no further than this below its strongest one, smoothed over so many bins.
RANGE_DB, SMOOTHED = 70.0, 5
#: Of the moments in which a clip sounds; what is there in nearly all of them is no music (Martin 2001).
STEADY_SHARE = 0.1
MIN_NOISE_DB = -50.0
#: Noise is looked for up to a clip's highest frequency, and up to here at least, where a tone alone has no partials.
NOISE_TO_HZ = 4_000.0
#: Nor does music begin before it stands so far above the noise; music that is noise does, so far below its loudness.
ABOVE_NOISE, BELOW_CLIP = 2.5, 0.25
#: What lasts fewer frames and has its power in the lowest bins is the step of a DC offset, and no sound.
STEP_FRAMES, STEP_BINS, STEP_SHARE = 3, 4, 0.8
#: Music that is silent for a larger share of the time up to its last sound is not used. Of a finished clip the share
#: may be higher by what its edges and its coding change.
MOSTLY, MOSTLY_CODED = 0.5, 0.55
#: The least time that is looked at for that: music that is over sooner is silent for the rest of it.
MIN_S = 1.0


class Acoustics(NamedTuple):
    """One clip. Times in seconds, levels in LU relative to the clip's loudness, frequencies in hertz, shares of 1.

    ``onset_s`` and ``end_s``: first and last sound above the noise. ``edge_silence_s``: what lies before and after,
    together. ``silence``: silent share of the whole clip; ``silence_to_end``: of the time up to the last sound, of the
    first MIN_S at least; noise is no silence there. ``pauses``: silent share between first and last. ``dc_offset``:
    mean of the samples between them, of full scale, without sign. ``first_third_lu``, ``last_third_lu``: loudness of a
    third of the time between them. ``roll_off_hz``: below it lie 99% of the energy. ``highest_hz``: highest frequency
    within 70 dB of the strongest. ``stereo_width``: share of the energy that is lost when channels are mixed to one; 0
    for one channel. ``noise_db``: what sounds steadily between the partials: the median over frequencies, up to the
    highest, of the level that each passes in nine tenths of the sounding time.
    """

    onset_s: float
    end_s: float
    edge_silence_s: float
    silence: float
    silence_to_end: float
    pauses: float
    dc_offset: float
    first_third_lu: float
    last_third_lu: float
    roll_off_hz: float
    highest_hz: float
    stereo_width: float
    noise_db: float


def acoustics(samples: Numbers, rate: int) -> Acoustics:
    """Measure a clip: samples of shape (samples,) or (samples, channels), at ``rate`` a second."""
    channels = samples[:, None] if samples.ndim == 1 else samples
    spectra, loudness = _frames(channels, rate)
    duration, sounding = len(samples) / rate, _sounding(loudness, spectra)
    if not sounding.any():
        return Acoustics(duration, 0.0, duration, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, MIN_NOISE_DB)
    highest = _highest(spectra[sounding])
    noise = _floor(spectra[sounding], highest) * float(_weights(rate, round(FRAME_S * rate))[: _bins(highest)].sum())
    heard = _above_noise(loudness, sounding, noise)
    first, last = (int(place) for place in np.flatnonzero(heard)[[0, -1]])
    onset, end = first * FRAME_S, min((last + 1) * FRAME_S, duration)
    music = channels[round(onset * rate) : round(end * rate)]
    thirds = [_relative(part.mean(), loudness[first : last + 1].mean()) for part in _thirds(loudness[first : last + 1])]
    return Acoustics(
        onset_s=onset,
        end_s=end,
        edge_silence_s=onset + duration - end,
        silence=1 - float(sounding.mean()),
        silence_to_end=_silence_to_end(sounding, duration),
        pauses=1 - float(heard[first : last + 1].mean()),
        dc_offset=float(np.abs(music.mean(axis=0)).max()),
        first_third_lu=thirds[0],
        last_third_lu=thirds[2],
        roll_off_hz=_roll_off(spectra[sounding]),
        highest_hz=highest,
        stereo_width=_width(music),
        noise_db=_noise(spectra[sounding], highest),
    )


def _frames(channels: Numbers, rate: int) -> tuple[Numbers, Numbers]:
    """Power spectra of whole frames without their means, shape (frames, bins), and each frame's K-weighted power.

    Bins lie 1 / FRAME_S apart.
    """
    size = round(FRAME_S * rate)
    count = len(channels) // size
    frames = channels[: count * size].reshape(count, size, channels.shape[1])
    window = np.hanning(size)
    spectra = np.zeros((count, size // 2 + 1))
    for channel in np.moveaxis(frames, -1, 0):
        centred = channel - channel.mean(axis=1, keepdims=True)
        spectra += np.abs(np.fft.rfft(centred * window)) ** 2
    spectra *= 2 / (size * (window**2).sum())
    loudness: Numbers = spectra @ _weights(rate, size)
    return spectra, loudness


@cache
def _weights(rate: int, size: int) -> Numbers:
    """The K weighting (ITU-R BS.1770-4) of the power in each bin of a frame."""
    turns = 2 * np.pi * np.fft.rfftfreq(size)
    shelf = IIRfilter(4.0, 1 / math.sqrt(2), 1500.0, rate, "high_shelf")
    high_pass = IIRfilter(0.0, 0.5, 38.0, rate, "high_pass")
    weights: Numbers = np.prod([np.abs(freqz(part.b, part.a, turns)[1]) ** 2 for part in (shelf, high_pass)], axis=0)
    return weights


def _sounding(loudness: Numbers, spectra: Numbers) -> NDArray[np.bool_]:
    """Which frames are neither silent, by the loudness of those that are loud, nor the step of a DC offset alone."""
    sounding = loudness > _whole(loudness) * 10 ** (SILENT_LU / 10)
    is_short = sounding & ~binary_opening(sounding, np.ones(STEP_FRAMES, dtype=bool))
    is_low = spectra[:, :STEP_BINS].sum(axis=1) > STEP_SHARE * spectra.sum(axis=1)
    return np.asarray(sounding & ~(is_short & is_low))


def _whole(loudness: Numbers) -> float:
    """The mean power of the frames that are loud; infinite where none is."""
    heard = loudness[loudness > ABSOLUTE_GATE]
    return float(heard[heard > RELATIVE_GATE * heard.mean()].mean()) if len(heard) else math.inf


def _above_noise(loudness: Numbers, sounding: NDArray[np.bool_], noise: float) -> NDArray[np.bool_]:
    """Which of the sounding frames are more than steady noise of this loudness."""
    return np.asarray(sounding & (loudness > min(ABOVE_NOISE * noise, BELOW_CLIP * loudness[sounding].mean())))


def _silence_to_end(sounding: NDArray[np.bool_], duration: float) -> float:
    last = (int(np.flatnonzero(sounding)[-1]) + 1) * FRAME_S
    return max(0.0, 1 - float(sounding.sum()) * FRAME_S / max(last, min(MIN_S, duration)))


def _thirds(loudness: Numbers) -> list[Numbers]:
    places = [round(len(loudness) * part / 3) for part in range(4)]
    return [loudness[start : max(stop, start + 1)] for start, stop in zip(places, places[1:], strict=False)]


def _relative(power: float, whole: float) -> float:
    """A power in dB relative to another, at least as low as silence."""
    return max(SILENT_LU, 10 * math.log10(power / whole)) if power > 0 else SILENT_LU


def _roll_off(spectra: Numbers) -> float:
    energy = np.cumsum(spectra.sum(axis=0))
    return float(np.searchsorted(energy, ROLL_OFF * energy[-1]) / FRAME_S) if energy[-1] > 0 else 0.0


def _highest(spectra: Numbers) -> float:
    mean = np.convolve(spectra.mean(axis=0), np.full(SMOOTHED, 1 / SMOOTHED), "same")
    return float(np.flatnonzero(mean >= mean.max() * 10 ** (-RANGE_DB / 10))[-1] / FRAME_S)


def _width(music: Numbers) -> float:
    whole = float((music**2).mean())
    return max(0.0, 1 - float((music.mean(axis=1) ** 2).mean()) / whole) if whole > 0 else 0.0


def _noise(spectra: Numbers, highest: float) -> float:
    """The steady level between the partials, in dB below the clip's own; what is too soft to be heard counts as one."""
    spectra = spectra[:, : _bins(highest)]
    noise = _floor(spectra, highest) * spectra.shape[1]
    return max(MIN_NOISE_DB, 10 * math.log10(noise / spectra.mean(axis=0).sum())) if noise > 0 else MIN_NOISE_DB


def _floor(spectra: Numbers, highest: float) -> float:
    """The steady power between the partials, by the bin."""
    place = int(STEADY_SHARE * len(spectra))
    passed = float(np.median(np.partition(spectra[:, : _bins(highest)], place, axis=0)[place]))
    # The power of noise in a bin is distributed exponentially.
    return passed / -math.log(1 - STEADY_SHARE)


def _bins(highest: float) -> int:
    return round(max(highest, NOISE_TO_HZ) * FRAME_S) + 1
