// Waveforms behind sliders, on the pages that have them: after loop.js, before room.js.

import { ways } from "./trial.js";

const { passed } = ways;

/** Peaks are digits of base 36, half of each above the middle. */
function outline(digits) {
  const peaks = [...digits].map((digit) => 2 + parseInt(digit, 36) / 0.75);
  const edge = (side) => peaks.map((peak, at) => `${(100 * at) / (peaks.length - 1)}% ${50 - side * peak}%`);
  return `polygon(${[...edge(1), ...edge(-1).reverse()]})`;
}

ways.passed = (clip, ms) => {
  const { style, dataset } = clip.seek.previousElementSibling;
  style.clipPath ||= outline(dataset.peaks);
  style.setProperty("--at", `${(100 * ms) / clip.durationMs}%`);
  passed?.(clip, ms);
};
