// Whether the song of a trial was known, where a study asks it, the comment, and the answers in words, which are saved a
// moment after the last key and when they are left. All of it is one form, also what is above its fold.

const PAUSE_MS = 1_500;
const HALF = /[\p{Cs}\0]/gu; // of a character that the longest text cuts in two
const LINE_END = /\r\n|[\r\v\f\x85\u2028\u2029]/gu; // as the server stores it (formats/text.py)
const CONTROL = /[\x01-\x08\x0e-\x1f\x7f-\x9f\ufffe\uffff]/gu;

export function createRemark(form, { onChange, refresh }) {
  const box = form.querySelector("[type=checkbox]");
  const areas = [...form.elements].filter((element) => element.type === "textarea");
  const asked = areas.filter(({ name }) => name !== "comment");
  let revision = Number(form.dataset.revision);
  let saved = said();
  let timer = 0;

  function said() {
    const answers = Object.fromEntries(asked.map((area) => [area.name, textOf(area)]));
    const comment = textOf(form.elements.comment);
    return { known: box?.checked ?? false, comment, ...(asked.length && { answers }) };
  }

  function settle() {
    clearTimeout(timer);
    const now = said();
    if (JSON.stringify(now) === JSON.stringify(saved)) return;
    saved = now;
    revision += 1;
    onChange({ ...now, revision });
  }

  function later() {
    refresh();
    clearTimeout(timer);
    timer = setTimeout(settle, PAUSE_MS);
  }

  box?.addEventListener("change", settle);
  for (const area of areas) {
    area.addEventListener("input", later);
    area.addEventListener("change", settle);
  }
  form.addEventListener("submit", (event) => event.preventDefault());
  for (const element of form.elements) element.disabled = false; // until now nothing could be typed that would be lost

  return {
    settle,
    /** The required questions without an answer. */
    missing() {
      const empty = asked.filter((area) => area.required && !textOf(area));
      return empty.map((area) => ({ element: area.parentElement, label: area.labels[0].textContent }));
    },
    /** A remark that is still on its way or that the server has; what is being typed here stays. */
    put({ known, comment, answers = {}, ...body }, { anyway = false } = {}) {
      if (body.revision < revision && !anyway) return;
      const before = saved;
      revision = body.revision;
      const written = asked.map(({ name }) => [name, answers[name] ?? ""]);
      saved = { known, comment, ...(asked.length && { answers: Object.fromEntries(written) }) };
      if (box) box.checked = known;
      form.parentElement.open ||= known || comment !== "";
      for (const area of areas) {
        const isTyping = document.activeElement === area && textOf(area) !== textIn(before, area);
        if (!isTyping && textOf(area) !== textIn(saved, area)) area.value = textIn(saved, area);
      }
      refresh();
    },
  };
}

const textOf = ({ value }) => value.replace(HALF, "\ufffd").replace(LINE_END, "\n").replace(CONTROL, " ").trim();
const textIn = (said, { name }) => (name === "comment" ? said.comment : said.answers[name]);
