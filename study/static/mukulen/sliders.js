// Scales of more than 11 points: a slider that holds no value until it is moved, with a number field beside it. Only
// the pages that have one load this, before room.js.

import { sliders } from "./scales.js";

sliders.make = (scale, answer, isOpen) => {
  const range = scale.element.querySelector("[type=range]");
  const number = scale.element.querySelector("[type=number]");
  if (!range) return;

  range.addEventListener("input", () => {
    if (!isOpen()) return;
    range.classList.remove("unset");
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
      range.classList.toggle("unset", scale.value === null);
      if (scale.value !== null) range.value = scale.value;
      if (number !== typing) number.value = scale.value ?? "";
    },
    /** Whether the field, which the slider moves too, shows anything else than the answer; and what it shows. */
    isTyped: () => number.validity.badInput || number.value !== String(scale.value ?? ""),
    typed: () => number.valueAsNumber,
  };
};
