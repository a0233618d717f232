// The scales of one trial: radio buttons, or a slider (sliders.js).

const TEN = 10; // from here on a number takes two digits

/** What sliders.js and several.js do otherwise. */
export const ways = {
  slider({ radios }) {
    if (!radios.length) throw new Error("sliders.js has not come"); // dead.js says so
  },
  number: (scale, digit) => digit,
};

export function createScales(form, { onAnswer, onRefused, onInvalid }) {
  const scales = [...form.querySelectorAll(".scale")].map((element) => ({
    element,
    key: element.dataset.scale,
    label: element.querySelector("legend").textContent,
    minimum: Number(element.dataset.minimum),
    maximum: Number(element.dataset.maximum),
    revision: Number(element.dataset.revision),
    value: element.dataset.value === "" ? null : Number(element.dataset.value),
    radios: [...element.querySelectorAll("[type=radio]")],
  }));
  let isOpen = () => false;
  let refused = false; // something was no answer, since the last press

  function show(scale, { typing = null } = {}) {
    for (const radio of scale.radios) radio.checked = Number(radio.value) === scale.value;
    scale.slider?.show(typing);
    if (scale.value !== null) scale.element.classList.remove("missing");
  }

  const fits = (scale, value) => Number.isInteger(value) && value >= scale.minimum && value <= scale.maximum;

  function answer(scale, value) {
    if (!isOpen(scale) || !fits(scale, value)) {
      refused = true;
      show(scale);
      return isOpen(scale) ? onInvalid(scale) : onRefused();
    }
    if (value === scale.value) return show(scale);
    scale.value = value;
    scale.revision += 1;
    show(scale);
    onAnswer(scale);
  }

  const missing = () => scales.filter((scale) => scale.value === null);
  const present = () => scales.find((scale) => scale.element.contains(document.activeElement));

  function goTo({ element }) {
    const input = element.querySelector(":checked") ?? element.querySelector("[type=radio], [type=number], textarea");
    element.scrollIntoView({ block: "nearest" });
    input.focus({ preventScroll: true });
  }

  for (const scale of scales) {
    scale.slider = ways.slider(scale, (value) => answer(scale, value), () => isOpen(scale));
    for (const radio of scale.radios) {
      radio.addEventListener("click", (event) => !isOpen(scale) && event.preventDefault());
      radio.addEventListener("change", () => answer(scale, Number(radio.value)));
      radio.parentElement.addEventListener("click", () => !isOpen(scale) && onRefused());
    }
    show(scale);
  }

  return {
    scales,
    /** Takes what is typed; false where it is no answer. */
    settle({ leaving = false } = {}) {
      for (const scale of scales.filter(({ slider }) => slider?.isTyped())) {
        const value = scale.slider.typed();
        if (!leaving || (isOpen(scale) && fits(scale, value))) answer(scale, value);
      }
      const kept = !refused;
      if (!leaving) refused = false; // stops one press
      return kept;
    },
    forgive: () => (refused = false),
    /** A number, or which clip is preferred. */
    words: (scale) => scale.radios.find((radio) => radio.checked)?.dataset.words ?? scale.value,
    missing,
    setOpen(check) {
      isOpen = check;
      form.classList.toggle("shut", !scales.some(check));
      for (const scale of scales) {
        const shut = scale.element.classList.toggle("shut", !check(scale));
        for (const input of scale.element.querySelectorAll("input")) input.setAttribute("aria-disabled", shut);
      }
    },
    /** `anyway`: over a higher revision. */
    put(key, { value, revision }, { anyway = false } = {}) {
      const scale = scales.find((one) => one.key === key);
      if (!scale || (revision < scale.revision && !anyway)) return;
      scale.value = value;
      scale.revision = revision;
      show(scale, { typing: document.activeElement }); // meanwhile the next one may be typed
    },
    /** Answers the scale in focus or the next open one. */
    digit(value) {
      const scale = present() ?? missing().find(isOpen) ?? missing()[0];
      if (!scale?.radios.length) return false;
      const chosen = ways.number(scale, value);
      if (!fits(scale, chosen)) return false;
      answer(scale, chosen);
      if (!isOpen(scale)) return true;
      const after = missing().find((one) => scales.indexOf(one) > scales.indexOf(scale)) ?? missing()[0];
      goTo((scale.maximum < TEN && after) || scale);
      return true;
    },
    /** To the scale before or after. */
    step(by) {
      const scale = present();
      if (!scale?.radios.length) return false;
      goTo(scales[scales.indexOf(scale) + by] ?? scale);
      return true;
    },
    goTo,
    markMissing() {
      for (const scale of scales) scale.element.classList.toggle("missing", scale.value === null);
    },
  };
}
