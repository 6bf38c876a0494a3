// Sends a form once: a double click, a held key, and a second click while the first is under way
// are one act. A different act of the same form waits until the first is done.
"use strict";

const sending = (() => {
  // If the answer to a plain form is not a page, the form can be sent again after this time.
  const MOST = 5000;
  // What is under way, by form: what was asked last, and what waits for its turn.
  const underway = new Map();
  const listeners = [];
  let isReplaying = false;

  function stop(event) {
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  function dataOf(form, submitter) {
    const data = new URLSearchParams(new FormData(form, submitter));
    return `${submitter?.formAction ?? ""} ${data}`;
  }

  // The button as the page has it now. A mark and a move end with what the page showed before.
  function twin(form, { name, value }) {
    const buttons = [...form.elements].filter((each) => each.name === name && each.type === "submit");
    const stem = ["mark", "move"].includes(name) ? value.slice(0, value.lastIndexOf(":") + 1) : value;
    return buttons.find((each) => each.value === value) ?? buttons.find((each) => each.value.startsWith(stem));
  }

  // A page that is not drawn anew after each mark still shows the state before the last one.
  function bring(button, sent) {
    const [issue, state, seen] = button.value.split(":");
    const [sentIssue, sentState, sentSeen] = sent.split(":");
    if (issue === sentIssue && seen === sentSeen) button.value = `${issue}:${state}:${sentState}`;
  }

  function next(form) {
    const { sent, waiting } = underway.get(form);
    underway.delete(form);
    while (waiting.length && !underway.has(form)) {
      const asked = waiting.shift();
      const button = twin(form, asked);
      if (!button || button.disabled) continue;
      if (asked.name === "mark" && sent) bring(button, sent);
      isReplaying = true;
      button.click();
      isReplaying = false;
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
    // In a form of steps each press is one more step.
    if (data === current.last && !("steps" in form.dataset)) return;
    current.last = data;
    current.waiting.push({ name: submitter.name, value: submitter.value });
    for (const listener of listeners) listener(submitter);
  }, true);

  addEventListener("submit", (event) => {
    const { target: form, submitter } = event;
    if (event.defaultPrevented || form.method !== "post" || submitter?.matches("[data-file]")) return;
    underway.set(form, { isPlain: true });
    setTimeout(() => underway.delete(form), MOST);
  });
  addEventListener("pageshow", () => underway.clear());

  document.addEventListener("htmx:beforeRequest", ({ detail: { requestConfig: { elt, triggeringEvent } } }) => {
    if (!elt.matches("form[hx-post]")) return;
    const submitter = triggeringEvent?.submitter;
    underway.set(elt, { sent: submitter?.value, last: dataOf(elt, submitter), waiting: [] });
  });
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    const { xhr, requestConfig: { elt } } = event.detail;
    // What waits is sent before the page is loaded again.
    if (xhr.getResponseHeader("HX-Refresh") && underway.get(elt)?.waiting.length) event.preventDefault();
  });
  document.addEventListener("htmx:afterRequest", ({ detail: { requestConfig: { elt }, successful } }) => {
    const current = underway.get(elt);
    if (!current) return;
    if (!successful) current.waiting = [];
    // htmx takes the next request only after this event.
    setTimeout(() => { if (underway.get(elt) === current) next(elt); });
  });

  // `onWaiting` calls `listener(button)` for each act that has to wait; `isReplaying` tells whether
  // an act that waited is being sent; `twin` finds a button again after its part was drawn anew.
  return { onWaiting: (listener) => listeners.push(listener), isReplaying: () => isReplaying, twin };
})();
