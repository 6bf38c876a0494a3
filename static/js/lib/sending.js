// Sends each act of a form once: a double click, a key held down and a second click before the
// response are the same act. Another act of the same form waits for the response to the first.

// Milliseconds after which a plain form can be sent again: its response may be a download, after
// which the page stays.
const PLAIN_FORM_TIMEOUT = 5000;
// The requests under way, by form: the data of the last one, and the buttons that wait.
const underway = new Map();
const listeners = [];
let isClicking = false;

// Call `listener(button)` for each act that has to wait.
export function onWaiting(listener) {
  listeners.push(listener);
}

// Whether an act that waited is being sent.
export const isReplaying = () => isClicking;

function stop(event) {
  event.preventDefault();
  event.stopImmediatePropagation();
}

function dataOf(form, submitter) {
  const data = new URLSearchParams(new FormData(form, submitter));
  return `${submitter?.formAction ?? ""} ${data}`;
}

// Return the form's button again after its part of the page was replaced. The value of a mark or a
// move ends with the state that the page showed before.
export function twin(form, { name, value }) {
  const buttons = [...form.elements].filter((each) => each.name === name && each.type === "submit");
  const stem = ["mark", "move"].includes(name) ? value.slice(0, value.lastIndexOf(":") + 1) : value;
  return buttons.find((each) => each.value === value)
    ?? buttons.find((each) => each.value.startsWith(stem));
}

// Correct the earlier state in a button's value: the page is not replaced after every mark.
function correctState(button, sent) {
  const [issue, state, seen] = button.value.split(":");
  const [sentIssue, sentState, sentSeen] = sent.split(":");
  if (issue === sentIssue && seen === sentSeen) button.value = `${issue}:${state}:${sentState}`;
}

function sendWaiting(form) {
  const { sent, waiting } = underway.get(form);
  underway.delete(form);
  while (waiting.length && !underway.has(form)) {
    const asked = waiting.shift();
    const button = twin(form, asked);
    if (!button || button.disabled) continue;
    if (asked.name === "mark" && sent) correctState(button, sent);
    isClicking = true;
    button.click();
    isClicking = false;
  }
  if (underway.has(form)) underway.get(form).waiting = waiting;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("button, input");
  if (event.detail > 1 && button?.type === "submit" && button.form?.method === "post") stop(event);
}, true);

document.addEventListener("keydown", (event) => {
  if (!event.repeat || event.key !== "Enter" || event.target.form?.method !== "post") return;
  if (event.target.type !== "textarea" || event.ctrlKey || event.metaKey) stop(event);
}, true);

document.addEventListener("submit", (event) => {
  const { target: form, submitter } = event;
  const current = underway.get(form);
  if (!current) return;
  stop(event);
  if (current.isPlain || !submitter) return;
  const data = dataOf(form, submitter);
  // In a form with `data-steps` each press is a step of its own.
  if (data === current.last && !("steps" in form.dataset)) return;
  current.last = data;
  current.waiting.push({ name: submitter.name, value: submitter.value });
  for (const listener of listeners) listener(submitter);
}, true);

addEventListener("submit", (event) => {
  const { target: form, submitter } = event;
  if (event.defaultPrevented || form.method !== "post" || submitter?.matches("[data-file]")) return;
  underway.set(form, { isPlain: true });
  setTimeout(() => underway.delete(form), PLAIN_FORM_TIMEOUT);
});
addEventListener("pageshow", () => underway.clear());

document.addEventListener("htmx:beforeRequest", ({ detail: { requestConfig: { elt, triggeringEvent } } }) => {
  if (!elt.matches("form[hx-post]")) return;
  const submitter = triggeringEvent?.submitter;
  underway.set(elt, { sent: submitter?.value, last: dataOf(elt, submitter), waiting: [] });
});
document.addEventListener("htmx:beforeOnLoad", (event) => {
  const { xhr, requestConfig: { elt } } = event.detail;
  // The waiting buttons are sent before the page is loaded again.
  if (xhr.getResponseHeader("HX-Refresh") && underway.get(elt)?.waiting.length) event.preventDefault();
});
document.addEventListener("htmx:afterRequest", ({ detail: { requestConfig: { elt }, successful } }) => {
  const current = underway.get(elt);
  if (!current) return;
  if (!successful) current.waiting = [];
  // htmx takes the next request only after this event.
  setTimeout(() => { if (underway.get(elt) === current) sendWaiting(elt); });
});
