// Shortens the way of forms that work without it: marks show at once, the queue is dragged, keys.
"use strict";

const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

// A mark shows at once; if it fails, what stood comes back.
const STATES = "button[name=mark]";
const SIGN_IN = document.currentScript.dataset.signIn;
// The button of the last state that is known to be saved, by control.
const stood = new Map();

function press(group, button) {
  for (const each of $$(STATES, group)) each.setAttribute("aria-pressed", String(each === button));
  group.dataset.state = button.value.split(":")[1];
}

function showMark(button) {
  const group = button?.matches(STATES) && button.closest(".state");
  if (!group) return;
  if (!stood.has(group)) stood.set(group, $("[aria-pressed=true]", group));
  press(group, button);
}

function fail(words) {
  for (const [group, button] of stood) if (button) press(group, button);
  stood.clear();
  showToast(words);
}

document.addEventListener("htmx:beforeRequest", (event) => {
  showMark(event.detail.requestConfig.triggeringEvent?.submitter);
});
sending.onWaiting(showMark);
document.addEventListener("htmx:afterRequest", ({ detail: { requestConfig: { triggeringEvent }, successful } }) => {
  const submitter = triggeringEvent?.submitter;
  const group = submitter?.closest(".state");
  // Another mark may still wait, of this control or of others.
  if (successful && group) stood.set(group, submitter);
});
// The request may have come through all the same.
document.addEventListener("htmx:sendError", () => {
  fail("The server cannot be reached, so this may not be saved. Load the page again to see.");
});
document.addEventListener("htmx:responseError", (event) => {
  // Whoever was signed out meanwhile has to sign in first.
  if (event.detail.xhr.status === 403 || event.detail.xhr.status === 401) location.reload();
  else fail("Not saved: the server refused it. Load the page again and choose once more.");
});
document.addEventListener("htmx:beforeSwap", (event) => {
  const url = event.detail.xhr.responseURL;
  if (url && new URL(url).pathname.startsWith(SIGN_IN)) {
    event.detail.shouldSwap = false;
    location.assign(`${SIGN_IN}?next=${encodeURIComponent(location.pathname + location.search)}`);
  }
});

// Readings that are finished are removed only after a question.
const confirming = $("#confirm");
let confirmed = null;

function finishedIn(button) {
  if (button?.name === "mark" && button.value.split(":")[1] === "unread") {
    return $$(".state[data-finished]").filter((group) => group.contains(button));
  }
  if (button?.name !== "state" || button.value !== "unread") return [];
  return $$(".tick input:checked").flatMap((tick) => $$(`#state-card-${tick.value}[data-finished]`));
}

function question(groups) {
  if (groups.length > 1) return `Remove the readings of ${groups.length} issues?`;
  const [group] = groups;
  if (group.dataset.finished) return `Remove ${group.dataset.finished}?`;
  const rail = $(`#${group.id.replace(/state-[a-z]+/, "state-rail")}[data-finished]`);
  const title = $(`#${group.id.replace(/state-[a-z]+/, "issue")}`)?.textContent.trim();
  return rail ? `Remove ${rail.dataset.finished}?` : `Remove the reading of “${title}”?`;
}

// The question comes at the press, before sending.js lets the form wait: window precedes document.
addEventListener("submit", (event) => {
  if (sending.isReplaying()) return;
  const { target: form, submitter } = event;
  const groups = submitter === confirmed ? [] : finishedIn(submitter);
  confirmed = null;
  if (!groups.length) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  $("#confirm-words").textContent = question(groups);
  confirming.returnValue = "";
  confirming.showModal();
  confirming.onclose = () => {
    if (confirming.returnValue !== "remove") return;
    // An answer that came meanwhile may have drawn the button anew.
    confirmed = sending.twin(form, submitter);
    confirmed?.click();
  };
}, true);

// Toasts go after six seconds, but not while they are pointed at or focused.
function showToast(words) {
  const toast = document.createElement("div");
  toast.className = "toast";
  const text = document.createElement("p");
  text.textContent = words;
  toast.append(text);
  $("#toasts").replaceChildren(toast);
}

let leaving;
function watchToasts() {
  clearTimeout(leaving);
  const toasts = $("#toasts");
  if (!toasts?.childElementCount) return;
  leaving = setTimeout(() => {
    if (toasts.matches(":hover, :focus-within")) watchToasts();
    else toasts.replaceChildren();
  }, 6000);
}
new MutationObserver(watchToasts).observe($("#toasts"), { childList: true });
watchToasts();

// A bulk that has been done unticks its issues.
document.addEventListener("htmx:afterRequest", ({ detail: { requestConfig: { elt, formData }, successful } }) => {
  if (elt.id !== "bulk" || !successful) return;
  const done = formData.getAll("issue");
  for (const tick of $$(".tick input:checked")) if (done.includes(tick.value)) tick.checked = false;
});

orderRows(".queue-row", () => $("#order").requestSubmit());

// Keys.
const STATE_KEYS = { u: "unread", q: "queued", r: "reading", d: "read" };

function cards() { return $$(".card, .queue-row").filter((card) => card.offsetParent); }
function currentCard() { return document.activeElement.closest?.(".card, .queue-row"); }
function titleOf(card) { return $(".card-title a, .ordinals-title", card); }

function step(by) {
  const all = cards();
  const next = all[all.indexOf(currentCard()) + by] ?? all[by > 0 ? 0 : all.length - 1];
  if (next) titleOf(next)?.focus();
}

function mark(state) {
  $(`${STATES}[value*=":${state}:"]`, currentCard() ?? $(".state-rail") ?? document.createElement("p"))?.click();
}

// What a key presses may lead away from the page.
function follow(node) {
  if (!node) return;
  shortcuts.leave();
  node.click();
}

function writeNote() {
  const form = $("#new-note");
  const title = !form && currentCard() && titleOf(currentCard());
  if (form) {
    // A quote that has been begun stays one.
    if (!form.elements.quote.value) $("[name=kind][value=note]", form).checked = true;
    form.elements.body.focus();
  } else if (title) {
    shortcuts.leave();
    location.assign(`${title.href}#new-note`);
  }
}

function switchTheme() {
  const [system, light, dark] = $$(".theme-form button");
  if (!system) return;
  const isDark = system.ariaPressed === "true" ? matchMedia("(prefers-color-scheme: dark)").matches : dark.ariaPressed === "true";
  follow(isDark ? light : dark);
}

function go(address) {
  shortcuts.leave();
  location.assign(address);
}

shortcuts.add({
  ...Object.fromEntries(Object.entries(STATE_KEYS).map(([key, state]) => [key, () => mark(state)])),
  j: () => step(1),
  k: () => step(-1),
  o: () => follow($(".issue .button-primary[href]")),
  "[": () => follow($("a[rel=prev]")),
  "]": () => follow($("a[rel=next]")),
  n: writeNote,
  '"': () => $("[data-add-quote]")?.click(),
  t: switchTheme,
  "?": () => $("#keys")?.showModal(),
  g: Object.fromEntries($$("[data-go]").map((link) => [link.dataset.go, () => go(link.href)])),
}, { repeats: ["j", "k"] });

const off = $("#keys-off");
if (off) {
  off.checked = shortcuts.areOff();
  off.addEventListener("change", () => shortcuts.switchOff(off.checked));
}
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-open-keys]")) { event.preventDefault(); $("#keys").showModal(); }
});
