// Pages say times in UTC; here they are put into the reader's time zone.

const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
const two = (number) => String(number).padStart(2, "0");

function offset(at) {
  const minutes = -at.getTimezoneOffset();
  const [hours, rest] = [Math.trunc(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return minutes ? `UTC${minutes < 0 ? "−" : "+"}${hours}${rest ? `:${two(rest)}` : ""}` : "UTC";
}

function words(at, form) {
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  if (form === "day") return day;
  const minute = `${day} ${two(at.getHours())}:${two(at.getMinutes())}`;
  if (form === "seconds") return `${minute}:${two(at.getSeconds())}`;
  return form === "bare" ? minute : `${minute} ${offset(at)}`;
}

/** Puts every time below an element into the reader's time zone. */
export function localise(root) {
  for (const time of root.querySelectorAll("time[data-form]")) {
    time.textContent = words(new Date(time.dateTime), time.dataset.form);
    time.title = time.dateTime;
  }
  for (const name of root.querySelectorAll("[data-zone]")) name.textContent = timeZone;
  for (const field of root.querySelectorAll("input[name=zone]")) field.value = timeZone;
}

localise(document);
const desk = new URL("../../desk/", import.meta.url).pathname; // beside static/, also where the site is under a path
document.cookie = `zone=${timeZone}; path=${desk}; SameSite=Lax; max-age=31536000`; // for what is counted by days
