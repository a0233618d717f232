// The scales of one trial: radio buttons up to 11 points, above that a slider (sliders.js).

export const sliders = {
  make({ radios }) {
    if (!radios.length) throw new Error("sliders.js has not come"); // dead.js says so
  },
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
  let open = false;
  let refused = false; // since the last press something was no answer and was put back

  function show(scale, { typing = null } = {}) {
    for (const radio of scale.radios) radio.checked = Number(radio.value) === scale.value;
    scale.slider?.show(typing);
    if (scale.value !== null) scale.element.classList.remove("missing");
  }

  const fits = (scale, value) => Number.isInteger(value) && value >= scale.minimum && value <= scale.maximum;

  function answer(scale, value) {
    if (!open || !fits(scale, value)) {
      refused = true;
      show(scale);
      return open ? onInvalid(scale) : onRefused();
    }
    if (value === scale.value) return show(scale);
    scale.value = value;
    scale.revision += 1;
    show(scale);
    onAnswer(scale);
  }

  for (const scale of scales) {
    scale.slider = sliders.make(scale, (value) => answer(scale, value), () => open);
    for (const radio of scale.radios) {
      radio.addEventListener("click", (event) => !open && event.preventDefault());
      radio.addEventListener("change", () => answer(scale, Number(radio.value)));
      radio.parentElement.addEventListener("click", () => !open && onRefused());
    }
    show(scale);
  }

  return {
    scales,
    /** Answers with what is typed, of which browsers tell late or never; whether all of it is an answer. */
    settle({ leaving = false } = {}) {
      for (const scale of scales.filter(({ slider }) => slider?.isTyped())) {
        const value = scale.slider.typed();
        if (!leaving || (open && fits(scale, value))) answer(scale, value); // a value that is none can be corrected later
      }
      const kept = !refused;
      if (!leaving) refused = false; // one press is stopped: not every helping device's comes with a pointer
      return kept;
    },
    forgive: () => (refused = false),
    /** An answer as it is said: a number, or which clip is preferred. */
    words: (scale) => scale.radios.find((radio) => radio.checked)?.dataset.words ?? scale.value,
    missing: () => scales.filter((scale) => scale.value === null),
    setOpen(value) {
      open = value;
      form.classList.toggle("shut", !open);
      for (const input of form.querySelectorAll("input")) input.setAttribute("aria-disabled", String(!open));
    },
    /** An answer that is still on its way, or one that the server has given a revision; `anyway` over a higher one. */
    put(key, { value, revision }, { anyway = false } = {}) {
      const scale = scales.find((one) => one.key === key);
      if (!scale || (revision < scale.revision && !anyway)) return;
      scale.value = value;
      scale.revision = revision;
      show(scale, { typing: document.activeElement }); // the reply to a rating may arrive while the next one is typed
    },
    /** A digit key answers the scale that has the focus, or the next one without an answer. */
    digit(value) {
      const inside = scales.find((scale) => scale.element.contains(document.activeElement));
      const scale = inside ?? scales.find((one) => one.value === null);
      if (!scale || !scale.radios.length) return false;
      const chosen = scale.minimum < 0 ? Number(scale.radios[value - 1]?.value ?? NaN) : value; // a preference: from the left
      if (!(chosen >= scale.minimum && chosen <= scale.maximum)) return false;
      answer(scale, chosen);
      return true;
    },
    markMissing() {
      for (const scale of scales) scale.element.classList.toggle("missing", scale.value === null);
    },
  };
}
