// A section of a long clip that repeats: one press marks where it begins, a second where it ends, a third stops it. Only
// pages with long clips load this, before room.js.

import { ways } from "./trial.js";

const MIN_MS = 1_000;
const BEFORE_END_MS = 200; // a clip that ends stops

function advance(clip, at) {
  if (!clip.loop) return { start: at };
  if (clip.loop.end) return null;
  const latest = clip.durationMs - BEFORE_END_MS;
  const start = Math.min(clip.loop.start, at, latest - MIN_MS);
  return { start, end: Math.min(latest, Math.max(clip.loop.start, at, start + MIN_MS)) };
}

ways.heard = (clip) => {
  const button = clip.button.parentElement.querySelector(".loop");
  const show = () => (button.textContent = button.dataset[clip.loop?.end ? "stop" : clip.loop ? "to" : "from"]);
  button.onclick = () => {
    clip.loop = advance(clip, clip.ms);
    show();
    if (!clip.loop?.end) return;
    clip.player.seek(clip.loop.start);
    if (clip.state !== "playing") clip.player.press();
  };
  show();
  button.hidden = false;
};

ways.passed = (clip, ms) => {
  clip.ms = ms;
  if (clip.loop?.end && ms >= clip.loop.end) clip.player.seek(clip.loop.start);
};
