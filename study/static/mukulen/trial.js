// One trial: a player for each clip, the scales, the remark and what they report.

import { now, stamp } from "./clock.js";
import { createPlayer, fetchClip, total, union } from "./player.js";
import { createRemark } from "./remark.js";
import { createScales } from "./scales.js";
import { identifier } from "./store.js";
import { text } from "./texts.js";

const UNHEARD_MS = 500; // the server's tolerance as well
const WORDS = { playing: "pause", ended: "again", failed: "retry", mute: "retry", broken: "retry" };
const COMPOSING = 229; // keyCode of an input method's keys; in Safari the only mark of its last one
const TROUBLE = ["failed", "mute", "broken"];

/** How a page of one clip is played; several.js has the ways of the others. */
export const ways = {
  stateOf: ({ state }) => state,
  ended: () => "heard",
  hush() {},
  onward: (present) => present,
  place: () => ({}),
};

export function mount(main, outbox, { goTo }) {
  const { trial, ratings, listening, nextAudio, language } = main.dataset;
  const find = (id) => document.getElementById(id);
  // What was still on its way when the server made this page.
  const waiting = outbox.pending().filter((entry) => entry.trial === trial);
  const known = [...outbox.justSent().filter((entry) => entry.trial === trial), ...waiting];
  const reports = (entries) => entries.filter((entry) => entry.kind === "listening").map((entry) => entry.body);
  const clips = [...main.querySelectorAll(".player")].map((element, index) => {
    const { audio, duration, heard, plays } = { ...main.dataset, ...element.dataset };
    const here = (body) => (body.place ?? 1) === index + 1;
    return {
      place: index + 1,
      audio,
      button: element.querySelector(".play"),
      bar: element.querySelector(".played progress"),
      text: element.querySelector(".played p"),
      durationMs: Number(duration),
      heard: union([...JSON.parse(heard), ...reports(known).filter(here).flatMap((body) => body.intervals)]),
      plays: reports(waiting).filter(here).reduce((sum, body) => sum + body.plays, Number(plays)),
      state: "loading",
      ready: false,
      isHeard() {
        return total(this.heard) >= this.durationMs - UNHEARD_MS;
      },
    };
  });
  let present = clips[0]; // the one that was played last
  let reported = "problem" in main.dataset || reports(known).some((body) => body.events.some(isProblem));
  const shownAt = firstShown(trial);
  const leavesAt = Number(main.dataset.leaves);
  let timer = 0;
  const next = find("next");

  const scales = createScales(find("scales"), {
    onAnswer: save,
    onRefused: () => say(find("locked").textContent),
    onInvalid: (scale) => say(text("number", { low: scale.minimum, high: scale.maximum })),
  });
  const remark = createRemark(find("remark"), {
    onChange: (said) => outbox.add({ kind: "remark", trial, url: find("remark").dataset.url, body: signed(said) }),
  });
  for (const clip of clips) {
    clip.player = createPlayer({
      address: clip.audio,
      durationMs: clip.durationMs,
      level: Number(main.dataset.level) / 100,
      begun: () => clip.plays > 0,
      on: {
        state: (state) => enter(clip, state),
        position: (share) => (clip.bar.value = Math.round(share * 1000)),
        started: (ms) => (main.dataset.startMs = ms.toFixed(1)),
        report: (report) => saveListening(clip, report),
      },
    });
  }

  for (const entry of known) take(entry);
  say("");
  refresh();
  if (reported) hold();

  /** In a place for those who do not see the page; or in the bar, what keeps the expert from going on. */
  function say(sentence, place = "hint") {
    find(place).textContent = "";
    if (sentence) setTimeout(() => (find(place).textContent = sentence), 50); // also the same again
  }

  function isHeard() {
    return clips.every((clip) => clip.isHeard()) || scales.scales.some((scale) => scale.value !== null);
  }

  function refresh() {
    if (isHeard() && !find("locked").hidden) say("");
    scales.setOpen(isHeard());
    find("locked").hidden = isHeard();
    find("told").hidden = !reported || isHeard();
    next.setAttribute("aria-disabled", String(!mayLeave()));
  }

  function mayLeave() {
    return !scales.missing().length || (reported && now() >= leavesAt);
  }

  /** After a problem report "Next" waits until the clip would have ended. */
  function hold() {
    clearTimeout(timer);
    refresh();
    const ms = leavesAt - now();
    say(text(mayLeave() ? "free" : "wait", { n: Math.ceil(ms / 1000) }));
    if (ms > 0) timer = setTimeout(hold, ms);
  }

  function enter(clip, state) {
    clip.state = state;
    if (state === "ready") clip.ready = true;
    clips.forEach(showPlayer);
    find("problem").hidden = reported || !clips.some((one) => TROUBLE.includes(one.state));
    if (state !== "playing") return;
    for (const address of nextAudio.split(" ").filter(Boolean)) fetchClip(address).catch(() => {});
  }

  function showPlayer(clip) {
    const { button } = clip;
    const state = ways.stateOf(clip, clips);
    button.dataset.state = state;
    button.setAttribute("aria-disabled", String(state === "loading"));
    button.querySelector(".word").textContent = text(WORDS[state] ?? "play");
    const words = text(state === "ended" ? ways.ended(clips) : state);
    if (clip.text.textContent !== words) clip.text.textContent = words; // what is said again is read out again
  }

  function press(clip) {
    if (ways.stateOf(clip, clips) === "loading") return;
    ways.hush(clip, clips);
    present = clip;
    clip.player.press();
  }

  function saveListening(clip, report) {
    clip.plays += report.plays;
    clip.heard = union([...clip.heard, ...report.intervals]);
    outbox.add({ kind: "listening", trial, url: listening, body: { ...signed(), ...report, ...ways.place(clip) } });
    refresh();
  }

  function signed(body) {
    return { ...body, client_uuid: identifier(), ...stamp(), language };
  }

  function save(scale) {
    const { value, revision } = scale;
    const sum = (count) => clips.reduce((before, clip) => before + count(clip), 0);
    const listened = { plays: sum((clip) => clip.plays), heard_ms: sum((clip) => total(clip.heard)) };
    const body = signed({ value, revision, ...listened, rt_ms: Math.max(0, now() - shownAt) });
    outbox.add({ kind: "rating", trial, scale: scale.key, url: ratings + scale.key, body });
    say(text("answered", { scale: scale.label, value: scales.words(scale) }), "announce");
    say("");
    refresh();
  }

  function tell() {
    reported = true;
    (clips.find((clip) => TROUBLE.includes(clip.state)) ?? present).player.problem();
    find("problem").hidden = true;
    next.focus();
    hold();
  }

  /** Gives the outbox what is typed; false where the page has said what is no answer. */
  function settle(options) {
    remark.settle();
    return scales.settle(options);
  }

  function goOn() {
    const settled = settle();
    const missing = scales.missing();
    if (settled && mayLeave()) return goTo(next.dataset.href);
    if (reported && !isHeard()) return hold();
    if (!isHeard()) {
      say(find("locked").textContent);
      return ways.onward(present, clips).button.focus();
    }
    if (!settled) return;
    scales.markMissing();
    say(text("missing", { scales: missing.map((scale) => scale.label).join(text("comma")) }));
    missing[0].element.querySelector("input").focus();
  }

  function begin() {
    find("panel").remove();
    find("work").hidden = false;
    find("steps").hidden = false;
    present.button.focus();
  }

  function onKey(event) {
    scales.forgive();
    if (event.isComposing || event.keyCode === COMPOSING || event.repeat) return;
    if (event.ctrlKey || event.altKey || event.metaKey || find("panel")) return;
    const control = document.activeElement.closest("a, button, summary, select, textarea, input");
    const done = control?.matches(".play") && control.dataset.state === "ended" && !scales.missing().length;
    const typing = control?.matches("[type=number], [type=range], textarea");
    if (/^[0-9]$/.test(event.key) && !typing) {
      if (scales.digit(Number(event.key))) event.preventDefault();
    } else if (event.key === " " && !control) {
      event.preventDefault();
      press(ways.onward(present, clips));
    } else if (event.key === "Enter" && (done || !control?.matches("a, button, summary, textarea"))) {
      event.preventDefault();
      goOn();
    }
  }

  /** An entry: on its way, from another tab, or as the server has it. */
  function take(entry, body = entry.body, options = {}) {
    if (entry.trial !== trial) return;
    if (entry.kind === "rating") scales.put(entry.scale, body, options);
    if (entry.kind === "remark") remark.put(body, options);
  }

  const stop = new AbortController();
  const listen = (target, name, act) => target.addEventListener(name, act, { signal: stop.signal });
  for (const clip of clips) listen(clip.button, "click", () => press(clip));
  listen(find("problem"), "click", tell);
  listen(next, "click", goOn);
  listen(document, "keydown", onKey);
  listen(document, "pointerdown", scales.forgive);
  listen(find("scales"), "submit", (event) => event.preventDefault());
  listen(window, "blur", () => clips.forEach(({ player }) => player.blur()));
  listen(document, "visibilitychange", () => document.hidden && settle({ leaving: true }));
  listen(window, "pagehide", () => {
    settle({ leaving: true });
    for (const { player } of clips) player.settle();
  });
  if (find("panel")) listen(find("panel").querySelector("button"), "click", begin);

  return {
    settle,
    saved: (entry, reply) => take(entry, reply),
    overruled: (entry, reply) => take(entry, reply, { anyway: true }),
    elsewhere(entry) {
      take(entry);
      refresh();
    },
    close() {
      clearTimeout(timer);
      stop.abort();
      settle({ leaving: true });
      for (const { player } of clips) player.close();
    },
  };
}

const isProblem = ({ event }) => event === "problem";

/** When this browser first showed the trial, also before a reload. */
function firstShown(trial) {
  try {
    const kept = Number(sessionStorage.getItem(`shown:${trial}`)) || now();
    sessionStorage.setItem(`shown:${trial}`, kept);
    return kept;
  } catch {
    return now();
  }
}
