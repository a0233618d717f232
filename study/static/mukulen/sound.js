// The sound page: a melody to set the level by, and six rounds of three tones. Nothing here keeps anyone out.

import { wire } from "./room.js";
import { text } from "./texts.js";
import { drawRounds, melody, threeTones } from "./tones.js";

const PASS = 5; // of six, as in the published check

function mount() {
  const find = (id) => document.getElementById(id);
  const form = find("sound");
  const outcome = find("outcome");
  const slider = find("level");
  const choices = [...document.querySelectorAll("[data-choice]")];
  const rounds = drawRounds();
  const answers = [];
  let sounding = null;

  function play(button, blob) {
    sounding?.stop();
    const audio = new Audio(URL.createObjectURL(blob));
    audio.volume = slider.value / 100;
    const show = (on) => {
      button.dataset.state = on ? "playing" : "ready";
      button.querySelector(".word").textContent = on ? outcome.dataset.stop : text("play");
    };
    const stop = () => {
      audio.pause();
      // Later, for it may still be on its way into the player, to whom its loss would be an error.
      setTimeout(() => URL.revokeObjectURL(audio.src), 10_000);
      show(false);
      sounding = null;
    };
    audio.addEventListener("ended", stop);
    sounding = { button, audio, stop };
    show(true);
    return audio.play().catch(() => sounding?.audio === audio && stop());
  }

  function press(button, make) {
    if (sounding?.button === button) sounding.stop();
    else play(button, make());
  }

  function setChoices(open) {
    for (const choice of choices) choice.setAttribute("aria-disabled", String(!open));
  }

  function showRound() {
    find("round").textContent = outcome.dataset.round.replace("{n}", answers.length + 1);
    setChoices(false);
  }

  function choose(choice) {
    if (choice.getAttribute("aria-disabled") === "true") return;
    sounding?.stop();
    answers.push({ order: rounds[answers.length], chosen: Number(choice.dataset.choice) });
    if (answers.length < rounds.length) {
      showRound();
      find("play-tones").focus();
    } else finish();
  }

  function finish() {
    const right = answers.filter(({ order, chosen }) => order[chosen] === "quiet").length;
    form.elements.answers.value = JSON.stringify(answers);
    find("rounds").hidden = true;
    outcome.textContent = right >= PASS ? outcome.dataset.good : outcome.dataset.other;
    const go = form.querySelector("button");
    go.textContent = go.dataset.after;
    go.classList.remove("quiet");
    go.focus();
  }

  const stop = new AbortController();
  const listen = (target, name, act) => target.addEventListener(name, act, { signal: stop.signal });
  listen(slider, "input", () => {
    form.elements.level.value = slider.value;
    if (sounding) sounding.audio.volume = slider.value / 100;
  });
  listen(find("play-level"), "click", (event) => press(event.currentTarget, melody));
  listen(find("play-tones"), "click", (event) => {
    setChoices(true);
    press(event.currentTarget, () => threeTones(rounds[answers.length]));
  });
  for (const choice of choices) listen(choice, "click", () => choose(choice));
  listen(document, "keydown", (event) => {
    const choice = choices[Number(event.key) - 1];
    if (choice && answers.length < rounds.length && !event.ctrlKey && !event.altKey && !event.metaKey) choose(choice);
  });
  showRound();
  return {
    close() {
      stop.abort();
      sounding?.stop();
    },
  };
}

wire(mount());
