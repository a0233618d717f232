// Scales that go beyond 9: numbers of two digits, and from 11 points on a slider that holds no value until it is moved,
// with a number field beside it. Only the pages that have one load this, before room.js.

import { ways } from "./scales.js";

const PAUSE_MS = 1_000; // between two digits
const oneDigit = ways.number;
let typed = {};

ways.number = (scale, digit) => {
  if (scale.maximum < 10) return oneDigit(scale, digit);
  const isSecond = typed.scale === scale && performance.now() - typed.at < PAUSE_MS;
  const number = isSecond ? 10 * typed.digit + digit : digit;
  typed = { scale, digit, at: performance.now() };
  return number <= scale.maximum ? number : digit;
};

ways.slider = (scale, answer, isOpen) => {
  const range = scale.element.querySelector("[type=range]");
  const number = scale.element.querySelector("[type=number]");
  if (!range) return;

  const mark = (unset) => {
    range.classList.toggle("unset", unset);
    if (unset) range.setAttribute("aria-valuetext", range.dataset.unset);
    else range.removeAttribute("aria-valuetext");
  };
  range.addEventListener("input", () => {
    if (!isOpen()) return;
    mark(false);
    number.value = range.value;
  });
  // A press on the very place where the hidden thumb stands changes nothing, but is an answer.
  range.addEventListener("click", () => scale.value === null && answer(range.valueAsNumber));
  range.addEventListener("change", () => answer(range.valueAsNumber));
  number.addEventListener("change", () => answer(number.valueAsNumber));
  // In Chromium the wheel changes the field that has the focus: scrolling the page gives no answer.
  number.addEventListener("wheel", () => number.blur(), { passive: true });

  return {
    show(typing) {
      mark(scale.value === null);
      if (scale.value !== null) range.value = scale.value;
      if (number !== typing) number.value = scale.value ?? "";
    },
    /** Whether the field, which the slider moves too, shows anything else than the answer; and what it shows. */
    isTyped: () => number.validity.badInput || number.value !== String(scale.value ?? ""),
    typed: () => number.valueAsNumber,
  };
};
