// The scales of one trial. Radio buttons up to 11 points; above that a slider that holds no value until it is moved,
// with a number field beside it.

export function createScales(form, { onAnswer, onRefused, onInvalid }) {
  const scales = [...form.querySelectorAll(".scale")].map((element) => ({
    element,
    key: element.dataset.scale,
    label: element.querySelector("legend").textContent,
    url: element.dataset.url,
    minimum: Number(element.dataset.minimum),
    maximum: Number(element.dataset.maximum),
    revision: Number(element.dataset.revision),
    value: element.dataset.value === "" ? null : Number(element.dataset.value),
    radios: [...element.querySelectorAll("[type=radio]")],
    range: element.querySelector("[type=range]"),
    number: element.querySelector("[type=number]"),
  }));
  let open = false;

  function show(scale, { typing = null } = {}) {
    for (const radio of scale.radios) radio.checked = Number(radio.value) === scale.value;
    if (scale.range) {
      scale.range.classList.toggle("unset", scale.value === null);
      if (scale.value !== null) scale.range.value = scale.value;
      if (scale.number !== typing) scale.number.value = scale.value ?? "";
    }
    if (scale.value !== null) scale.element.classList.remove("missing");
  }

  function answer(scale, value) {
    if (!open) {
      show(scale);
      return onRefused();
    }
    if (!Number.isInteger(value) || value < scale.minimum || value > scale.maximum) {
      show(scale);
      return onInvalid(scale);
    }
    if (value === scale.value) return show(scale);
    scale.value = value;
    scale.revision += 1;
    show(scale);
    onAnswer(scale);
  }

  for (const scale of scales) {
    for (const radio of scale.radios) {
      radio.addEventListener("click", (event) => !open && event.preventDefault());
      radio.addEventListener("change", () => answer(scale, Number(radio.value)));
      radio.parentElement.addEventListener("click", () => !open && onRefused());
    }
    scale.range?.addEventListener("input", () => {
      if (!open) return;
      scale.range.classList.remove("unset");
      scale.number.value = scale.range.value;
    });
    // A press on the very place where the hidden thumb stands changes nothing, but is an answer.
    scale.range?.addEventListener("click", () => scale.value === null && answer(scale, scale.range.valueAsNumber));
    scale.range?.addEventListener("change", () => answer(scale, scale.range.valueAsNumber));
    scale.number?.addEventListener("change", () => answer(scale, scale.number.valueAsNumber));
    show(scale);
  }

  return {
    scales,
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
      show(scale, { typing: document.activeElement }); // the reply to her last answer may come while she types the next
    },
    /** A digit key answers the scale that has the focus, or the next one without an answer. */
    digit(value) {
      const inside = scales.find((scale) => scale.element.contains(document.activeElement));
      const scale = inside ?? scales.find((one) => one.value === null);
      if (!scale || !scale.radios.length || value < scale.minimum || value > scale.maximum) return false;
      answer(scale, value);
      return true;
    },
    markMissing() {
      for (const scale of scales) scale.element.classList.toggle("missing", scale.value === null);
    },
  };
}
