// Whether the song of a trial was known, where a study asks it, and the comment, which is saved a moment after the last
// key and when it is left.

const PAUSE_MS = 1_500;
const HALF = /[\p{Cs}\0]/gu; // of a character that the longest text cuts in two
const LINE_END = /\r\n|[\r\v\f\x85\u2028\u2029]/gu; // as the server stores it (formats/text.py)
const CONTROL = /[\x01-\x08\x0e-\x1f\x7f-\x9f\ufffe\uffff]/gu;

export function createRemark(form, { onChange }) {
  const box = form.querySelector("[type=checkbox]");
  const area = form.querySelector("textarea");
  let revision = Number(form.dataset.revision);
  let saved = said();
  let timer = 0;

  function said() {
    const text = area.value.replace(HALF, "\ufffd").replace(LINE_END, "\n").replace(CONTROL, " ");
    return { known: box?.checked ?? false, comment: text.trim() };
  }

  function settle() {
    clearTimeout(timer);
    const now = said();
    if (now.known === saved.known && now.comment === saved.comment) return;
    saved = now;
    revision += 1;
    onChange({ ...now, revision });
  }

  function later() {
    clearTimeout(timer);
    timer = setTimeout(settle, PAUSE_MS);
  }

  box?.addEventListener("change", settle);
  area.addEventListener("input", later);
  area.addEventListener("change", settle);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.elements[0].disabled = false; // until now nothing could be typed that would be lost

  return {
    settle,
    /** A remark that is still on its way or that the server has; what is being typed here stays. */
    put(body, { anyway = false } = {}) {
      if (body.revision < revision && !anyway) return;
      const isTyping = document.activeElement === area && said().comment !== saved.comment;
      revision = body.revision;
      saved = { known: body.known, comment: body.comment };
      if (box) box.checked = body.known;
      form.parentElement.open ||= body.known || body.comment !== "";
      if (!isTyping && said().comment !== body.comment) area.value = body.comment;
    },
  };
}
