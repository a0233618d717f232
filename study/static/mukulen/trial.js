// One trial: players, scales, the remark and what they report.

import { now, stamp } from "./clock.js";
import { createPlayer, fetchClip, total, union } from "./player.js";
import { createScales } from "./scales.js";
import { identifier } from "./store.js";
import { text } from "./texts.js";

const UNHEARD_MS = 500; // the server's tolerance as well
const WORDS = { playing: "pause", ended: "again", failed: "retry", mute: "retry", broken: "retry" };
const COMPOSING = 229; // keyCode of an input method's keys, in Safari the only mark
const OWN_SPACE = "textarea, input:not([type=radio], [type=range]), summary, button:not(#next)"; // not the player's

/** The ways of several.js and loop.js. */
export const ways = {};

export function mount(main, outbox, { goTo }) {
  const { trial, ratings, listening, nextAudio, language } = main.dataset;
  const find = (id) => document.getElementById(id);
  // What was on its way when the server made this page.
  const waiting = outbox.pending().filter((entry) => entry.trial === trial);
  const known = [...outbox.justSent().filter((entry) => entry.trial === trial), ...waiting];
  const reports = (entries) => entries.filter((entry) => entry.kind === "listening").map((entry) => entry.body);
  const clips = [...main.querySelectorAll(".player")].map((element) => {
    const { audio, duration, heard, plays, at = 1 } = { ...main.dataset, ...element.dataset };
    const here = (body) => (body.place ?? 1) === +at;
    return {
      place: +at,
      audio,
      button: element.querySelector(".play"),
      seek: element.querySelector(".seek"),
      time: element.querySelector(".time"),
      text: element.querySelector(".state"),
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
  let remark = null; // comes while the clip plays (remark.js)
  let report = null; // of a clip that does not play (problem.js)
  const shownAt = firstShown(trial);
  const next = find("next");
  const form = find("remark");
  const missing = () => [...scales.missing(), ...(remark?.missing() ?? [])];
  const stop = new AbortController();
  const stateOf = (clip) => ways.stateOf?.(clip, clips) ?? clip.state;
  const onward = () => ways.onward?.(present, clips) ?? present;

  const scales = createScales(find("scales"), {
    onAnswer: save,
    onRefused: () => say(find("locked").textContent),
    onInvalid: (scale) => say(text("number", { low: scale.minimum, high: scale.maximum })),
  });
  for (const clip of clips) {
    clip.player = (ways.player ?? createPlayer)({
      clip,
      level: Number(main.dataset.level) / 100,
      on: {
        state: (state) => enter(clip, state),
        position: (ms) => showPosition(clip, ms),
        started: (ms) => (main.dataset.startMs = ms.toFixed(1)),
        report: (report) => saveListening(clip, report),
      },
    });
  }

  clips.forEach((clip) => showPosition(clip, 0));
  for (const entry of known) take(entry);
  if (find("asked") || form.parentElement.open) openRemark();
  say("");
  refresh();
  if ("problem" in main.dataset || reports(known).some((body) => body.events.some(isProblem))) {
    openReport().then(() => report?.hold());
  }

  /** In the bar, or for those who do not see the page. */
  function say(sentence, place = "hint") {
    find(place).textContent = "";
    if (sentence) setTimeout(() => (find(place).textContent = sentence), 50); // also the same again
  }

  function isHeard() {
    return clips.every((clip) => clip.isHeard()) || scales.scales.some(({ value }) => value !== null);
  }

  function isOpen(scale) {
    return ways.isOpen?.(scale, clips, scales.scales) ?? isHeard();
  }

  function refresh() {
    if (isHeard() && !find("locked").hidden) say("");
    scales.setOpen(isOpen);
    for (const clip of clips) if (clip.isHeard() && clip.seek.disabled) openSeek(clip);
    find("locked").hidden = isHeard();
    report?.show(clips.some(isTrouble), isHeard());
    next.setAttribute("aria-disabled", String(!mayLeave()));
  }

  function mayLeave() {
    return !missing().length || report?.mayLeave();
  }

  async function openRemark() {
    const { createRemark } = await import("./remark.js").catch(() => ({}));
    if (stop.signal.aborted || remark || !createRemark) return;
    const onChange = (said) => outbox.add({ kind: "remark", trial, url: form.dataset.url, body: signed(said) });
    remark = createRemark(form, { onChange, refresh });
    refresh();
  }

  async function openSeek(clip) {
    const { mountSeek } = await import("./seek.js").catch(() => ({}));
    mountSeek?.(clip);
    ways.heard?.(clip);
  }

  async function openReport() {
    const { createReport } = await import("./problem.js").catch(() => ({}));
    if (stop.signal.aborted || report || !createReport) return;
    const send = () => (clips.find(isTrouble) ?? present).player.problem();
    report = createReport({ leaves: main.dataset.leaves, say, refresh, send });
    refresh();
  }

  function enter(clip, state) {
    clip.state = state;
    if (state === "ready") clip.ready = true;
    clips.forEach(showPlayer);
    if (isTrouble(clip)) openReport();
    if (isTrouble(clip) || state === "playing") openRemark();
    report?.show(clips.some(isTrouble), isHeard());
    if (state !== "playing") return;
    for (const address of nextAudio.split(" ").filter(Boolean)) fetchClip(address).catch(() => {});
  }

  function showPlayer(clip) {
    const { button } = clip;
    const state = stateOf(clip);
    button.dataset.state = state;
    button.setAttribute("aria-disabled", String(state === "loading"));
    button.querySelector(".word").textContent = text(WORDS[state] ?? "play");
    const words = text(state === "ended" ? (ways.ended?.(clips, clip) ?? "heard") : state);
    if (clip.text.textContent !== words) clip.text.textContent = words;
  }

  function showPosition(clip, ms) {
    const { seek, time, durationMs } = clip;
    ways.passed?.(clip, ms);
    if (clip.isSought) return;
    seek.value = Math.round((ms / durationMs) * 1000);
    seek.style.setProperty("--at", `${seek.value / 10}%`);
    const words = `${clock(ms)} / ${clock(durationMs)}`;
    if (time.textContent === words) return;
    time.textContent = words;
    seek.setAttribute("aria-valuetext", words);
  }

  function press(clip) {
    if (stateOf(clip) === "loading") return;
    ways.hush?.(clip, clips);
    present = clip;
    clip.player.press();
  }

  function saveListening(clip, report) {
    clip.plays += report.plays;
    clip.heard = union([...clip.heard, ...report.intervals]);
    outbox.add({ kind: "listening", trial, url: listening, body: { ...signed(), ...report, ...ways.place?.(clip) } });
    refresh();
  }

  function signed(body) {
    return { ...body, client_uuid: identifier(), ...stamp(), language };
  }

  function save(scale) {
    const { value, revision } = scale;
    const sum = (count) => (ways.rated?.(scale, clips) ?? clips).reduce((before, clip) => before + count(clip), 0);
    const listened = { plays: sum((clip) => clip.plays), heard_ms: sum((clip) => total(clip.heard)) };
    const body = signed({ value, revision, ...listened, rt_ms: Math.max(0, now() - shownAt) });
    outbox.add({ kind: "rating", trial, scale: scale.key, url: ratings + scale.key, body });
    say(text("answered", { scale: scale.label, value: scales.words(scale) }), "announce");
    say("");
    refresh();
  }

  function settle(options) {
    remark?.settle();
    return scales.settle(options);
  }

  function goOn() {
    const settled = settle();
    const left = missing();
    if (settled && mayLeave()) return goTo(next.dataset.href);
    if (!isHeard()) {
      if (report?.holds()) return;
      say(find("locked").textContent);
      return onward().button.focus();
    }
    if (!settled) return;
    scales.markMissing();
    say(text("missing", { scales: left.map((scale) => scale.label).join(text("comma")) }));
    scales.goTo(left[0]);
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
    const done = control?.matches(".play") && control.dataset.state === "ended" && !missing().length;
    const typing = control?.matches("[type=number], .slide [type=range], textarea");
    if (/^[0-9]$/.test(event.key) && !typing) {
      if (scales.digit(Number(event.key))) event.preventDefault();
    } else if (event.key === " " && !control?.matches(OWN_SPACE)) {
      event.preventDefault();
      press(onward());
    } else if (/^Arrow(Up|Down)$/.test(event.key) && control?.matches("[type=radio]")) {
      if (scales.step(event.key === "ArrowUp" ? -1 : 1)) event.preventDefault();
    } else if (event.key === "Enter" && (done || !control?.matches("a, button, summary, textarea"))) {
      event.preventDefault();
      goOn();
    }
  }

  function take(entry, body = entry.body, options = {}) {
    if (entry.trial !== trial) return;
    if (entry.kind === "rating") scales.put(entry.scale, body, options);
    if (entry.kind === "remark") openRemark().then(() => remark?.put(body, options));
  }

  const listen = (target, name, act) => target.addEventListener(name, act, { signal: stop.signal });
  for (const clip of clips) listen(clip.button, "click", () => press(clip));
  // Firefox presses on keyup.
  listen(document, "keyup", (event) => event.key === " " && !event.target.matches?.(OWN_SPACE) && event.preventDefault());
  if (find("explain")) {
    listen(find("explain"), "click", ({ target }) => {
      target.setAttribute("aria-expanded", !find("scales").classList.toggle("brief"));
    });
  }
  listen(next, "click", goOn);
  listen(form.parentElement, "toggle", openRemark);
  listen(window, "online", openRemark);
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
    saved: take,
    overruled: (entry, reply) => take(entry, reply, { anyway: true }),
    elsewhere(entry) {
      take(entry);
      refresh();
    },
    close() {
      report?.close();
      stop.abort();
      settle({ leaving: true });
      for (const { player } of clips) player.close();
    },
  };
}

const clock = (ms) => new Date(ms).toISOString().slice(14, 19).replace(/^0/, "");
const isTrouble = ({ state }) => ["failed", "mute", "broken"].includes(state);
const isProblem = ({ event }) => event === "problem";

/** Also before a reload. */
function firstShown(trial) {
  try {
    return Number((sessionStorage[`shown:${trial}`] ||= now()));
  } catch {
    return now();
  }
}
