// One trial: the player, the scales and what they report. `mount` wires the page that is there; `close` lets it go.

import { createPlayer, fetchClip, total, union } from "./player.js";
import { createScales } from "./scales.js";
import { identifier } from "./store.js";
import { text } from "./texts.js";

const UNHEARD_MS = 500; // the server's tolerance as well
const WORDS = { playing: "pause", ended: "again", failed: "retry", broken: "retry" };

export function mount(main, outbox, { goTo }) {
  const { trial, audio, listening, nextAudio } = main.dataset;
  const durationMs = Number(main.dataset.duration);
  const find = (id) => document.getElementById(id);
  // The server made this page; what was still on its way then counts as well.
  const waiting = outbox.pending().filter((entry) => entry.trial === trial);
  const known = [...outbox.justSent().filter((entry) => entry.trial === trial), ...waiting];
  const reports = (entries) => entries.filter((entry) => entry.kind === "listening").map((entry) => entry.body);
  let heard = union([...JSON.parse(main.dataset.heard), ...reports(known).flatMap((body) => body.intervals)]);
  let plays = reports(waiting).reduce((sum, body) => sum + body.plays, Number(main.dataset.plays));
  const shownAt = firstShown(trial);
  const next = find("next");

  const scales = createScales(find("scales"), {
    onAnswer: save,
    onRefused: () => announce(text("locked")),
    onInvalid: (scale) => announce(text("number", { low: scale.minimum, high: scale.maximum })),
  });
  const player = createPlayer({
    address: audio,
    durationMs,
    on: {
      state: showPlayer,
      position: (share) => (find("position").value = Math.round(share * 1000)),
      started: (ms) => (main.dataset.startMs = ms.toFixed(1)),
      report: saveListening,
    },
  });

  for (const { scale, body } of known.filter((entry) => entry.kind === "rating")) scales.put(scale, body);
  refresh();

  function announce(sentence) {
    const place = find("announce");
    place.textContent = "";
    setTimeout(() => (place.textContent = sentence), 50); // said again even if it is the same sentence
  }

  function isHeard() {
    return total(heard) >= durationMs - UNHEARD_MS || scales.scales.some((scale) => scale.value !== null);
  }

  function refresh() {
    scales.setOpen(isHeard());
    find("locked").hidden = isHeard();
    next.setAttribute("aria-disabled", String(scales.missing().length > 0));
  }

  function showPlayer(state) {
    const button = find("play");
    button.dataset.state = state;
    button.setAttribute("aria-disabled", String(state === "loading"));
    button.querySelector(".word").textContent = text(WORDS[state] ?? "play");
    find("player-text").textContent = text(state === "ended" ? "heard" : state);
    if (state === "playing" && nextAudio) fetchClip(nextAudio).catch(() => {}); // asked for again when it is needed
  }

  function saveListening(report) {
    plays += report.plays;
    heard = union([...heard, ...report.intervals]);
    outbox.add({ kind: "listening", trial, url: listening, body: { client_uuid: identifier(), ...report } });
    refresh();
  }

  function save(scale) {
    const body = {
      value: scale.value,
      revision: scale.revision,
      client_uuid: identifier(),
      given_at: new Date().toISOString(),
      plays,
      heard_ms: total(heard),
      rt_ms: Date.now() - shownAt,
    };
    outbox.add({ kind: "rating", trial, scale: scale.key, url: scale.url, body });
    announce(text("answered", { scale: scale.label, value: scale.value }));
    refresh();
  }

  function goOn() {
    const missing = scales.missing();
    if (!missing.length) return goTo(next.dataset.href, { isTrial: "trial" in next.dataset });
    scales.markMissing();
    const names = missing.map((scale) => scale.label).join(", ");
    announce(isHeard() ? text("missing", { scales: names }) : text("locked"));
    missing[0].element.querySelector("input").focus();
  }

  function begin() {
    find("panel").remove();
    find("work").hidden = false;
    find("steps").hidden = false;
    find("play").focus();
  }

  function onKey(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || find("panel")) return;
    const control = document.activeElement.closest("a, button, summary, select, textarea, input");
    const typing = control?.matches("[type=number], [type=range]");
    if (/^[0-9]$/.test(event.key) && !typing) {
      if (scales.digit(Number(event.key))) event.preventDefault();
    } else if (event.key === " " && !control) {
      event.preventDefault();
      player.press();
    } else if (event.key === "Enter" && !control?.matches("a, button, summary")) {
      event.preventDefault();
      goOn();
    }
  }

  const stop = new AbortController();
  const listen = (target, name, act) => target.addEventListener(name, act, { signal: stop.signal });
  listen(find("play"), "click", () => player.press());
  listen(next, "click", goOn);
  listen(document, "keydown", onKey);
  listen(find("scales"), "submit", (event) => event.preventDefault());
  listen(window, "blur", () => player.blur());
  listen(window, "pagehide", () => player.settle());
  if (find("panel")) listen(find("panel").querySelector("button"), "click", begin);

  return {
    /** The server's word on an answer of this trial, after another tab's or device's went in between. */
    saved(entry, reply) {
      if (entry.trial === trial && entry.kind === "rating") scales.put(entry.scale, reply);
    },
    /** She gave a later answer elsewhere, which stands in the place of this one. */
    overruled(entry, reply) {
      if (entry.trial === trial) scales.put(entry.scale, reply, { anyway: true });
    },
    close() {
      stop.abort();
      player.close();
    },
  };
}

/** When this browser first showed the trial, so that a reload does not start the reaction time anew. */
function firstShown(trial) {
  try {
    const kept = Number(sessionStorage.getItem(`shown:${trial}`)) || Date.now();
    sessionStorage.setItem(`shown:${trial}`, kept);
    return kept;
  } catch {
    return Date.now();
  }
}
