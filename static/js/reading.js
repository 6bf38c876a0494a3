// Reading states, the queue, toasts and the keys of every page of a reader. The forms work
// without it; with it, marks show at once, the queue can be dragged, and keys press buttons.

import { find, findAll, make } from "./lib/dom.js";
import * as keys from "./lib/keys.js";
import { orderRows } from "./lib/ordering.js";
import * as sending from "./lib/sending.js";

// A mark shows at once; if it fails, the last saved state shows again.
const STATES = "button[name=mark]";
const SIGN_IN = document.body.dataset.signIn;
// The button of the last state that is known to be saved, by control.
const saved = new Map();

function press(group, button) {
  for (const each of findAll(STATES, group)) each.setAttribute("aria-pressed", String(each === button));
  group.dataset.state = button.value.split(":")[1];
}

function showMark(button) {
  const group = button?.matches(STATES) && button.closest(".state");
  if (!group) return;
  if (!saved.has(group)) saved.set(group, find("[aria-pressed=true]", group));
  press(group, button);
}

function fail(message) {
  for (const [group, button] of saved) if (button) press(group, button);
  saved.clear();
  showToast(message);
}

document.addEventListener("htmx:beforeRequest", (event) => {
  showMark(event.detail.requestConfig.triggeringEvent?.submitter);
});
sending.onWaiting(showMark);
document.addEventListener("htmx:afterRequest", ({ detail: { requestConfig, successful } }) => {
  const submitter = requestConfig.triggeringEvent?.submitter;
  const group = submitter?.closest(".state");
  // Another mark may still wait, of this control or of others.
  if (successful && group) saved.set(group, submitter);
});
// The server may have received the request.
document.addEventListener("htmx:sendError", () => {
  fail("The server cannot be reached, so this may not be saved. Load the page again to see.");
});
document.addEventListener("htmx:responseError", (event) => {
  // A reader who was signed out meanwhile has to sign in first.
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

// Finished readings are removed only after a confirmation.
const confirming = find("#confirm");
let confirmed = null;

function finishedIn(button) {
  if (button?.name === "mark" && button.value.split(":")[1] === "unread") {
    return findAll(".state[data-finished]").filter((group) => group.contains(button));
  }
  if (button?.name !== "state" || button.value !== "unread") return [];
  return findAll(".tick input:checked").flatMap((tick) => findAll(`#state-card-${tick.value}[data-finished]`));
}

function question(groups) {
  if (groups.length > 1) return `Remove the readings of ${groups.length} issues?`;
  const [group] = groups;
  if (group.dataset.finished) return `Remove ${group.dataset.finished}?`;
  const rail = find(`#${group.id.replace(/state-[a-z]+/, "state-rail")}[data-finished]`);
  const title = find(`#${group.id.replace(/state-[a-z]+/, "issue")}`)?.textContent.trim();
  return rail ? `Remove ${rail.dataset.finished}?` : `Remove the reading of “${title}”?`;
}

// Listeners of `window` run before those of `document`: the question comes before lib/sending.js
// makes the form wait.
addEventListener("submit", (event) => {
  if (sending.isReplaying()) return;
  const { target: form, submitter } = event;
  const groups = submitter === confirmed ? [] : finishedIn(submitter);
  confirmed = null;
  if (!groups.length) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  find("#confirm-words").textContent = question(groups);
  confirming.returnValue = "";
  confirming.showModal();
  confirming.onclose = () => {
    if (confirming.returnValue !== "remove") return;
    // A response that came meanwhile may have replaced the button.
    confirmed = sending.twin(form, submitter);
    confirmed?.click();
  };
}, true);

// Toasts disappear after six seconds, but not while they are hovered or focused.
function showToast(message) {
  const toast = make("div", { className: "toast" });
  toast.append(make("p", { textContent: message }));
  find("#toasts").replaceChildren(toast);
}

let removal;
function watchToasts() {
  clearTimeout(removal);
  const toasts = find("#toasts");
  if (!toasts?.childElementCount) return;
  removal = setTimeout(() => {
    if (toasts.matches(":hover, :focus-within")) watchToasts();
    else toasts.replaceChildren();
  }, 6000);
}
new MutationObserver(watchToasts).observe(find("#toasts"), { childList: true });
watchToasts();

// A bulk action that succeeded unticks its issues.
document.addEventListener("htmx:afterRequest", ({ detail: { requestConfig, successful } }) => {
  const { elt, formData } = requestConfig;
  if (elt.id !== "bulk" || !successful) return;
  const done = formData.getAll("issue");
  for (const tick of findAll(".tick input:checked")) if (done.includes(tick.value)) tick.checked = false;
});

orderRows(".queue-row", () => find("#order").requestSubmit());

// Keys

const STATE_KEYS = { u: "unread", q: "queued", r: "reading", d: "read" };

const cards = () => findAll(".card, .queue-row").filter((card) => card.offsetParent);
const currentCard = () => document.activeElement.closest?.(".card, .queue-row");
const titleOf = (card) => find(".card-title a, .ordinals-title", card);

function step(by) {
  const all = cards();
  const next = all[all.indexOf(currentCard()) + by] ?? all[by > 0 ? 0 : all.length - 1];
  if (next) titleOf(next)?.focus();
}

function mark(state) {
  const part = currentCard() ?? find(".state-rail");
  if (part) find(`${STATES}[value*=":${state}:"]`, part)?.click();
}

// Click a node that may load another page.
function follow(node) {
  if (!node) return;
  keys.leave();
  node.click();
}

function writeNote() {
  const form = find("#new-note");
  const title = !form && currentCard() && titleOf(currentCard());
  if (form) {
    // A form with the text of a quote stays a quote.
    if (!form.elements.quote.value) find("[name=kind][value=note]", form).checked = true;
    form.elements.body.focus();
  } else if (title) {
    keys.leave();
    location.assign(`${title.href}#new-note`);
  }
}

function switchTheme() {
  const [system, light, dark] = findAll(".theme-form button");
  if (!system) return;
  const isOnSystem = system.ariaPressed === "true";
  const isSystemDark = matchMedia("(prefers-color-scheme: dark)").matches;
  const isDark = isOnSystem ? isSystemDark : dark.ariaPressed === "true";
  follow(isDark ? light : dark);
}

function go(address) {
  keys.leave();
  location.assign(address);
}

keys.add({
  ...Object.fromEntries(Object.entries(STATE_KEYS).map(([key, state]) => [key, () => mark(state)])),
  j: () => step(1),
  k: () => step(-1),
  o: () => follow(find(".issue .button-primary[href]")),
  "[": () => follow(find("a[rel=prev]")),
  "]": () => follow(find("a[rel=next]")),
  n: writeNote,
  '"': () => find("[data-add-quote]")?.click(),
  t: switchTheme,
  "?": () => find("#keys")?.showModal(),
  g: Object.fromEntries(findAll("[data-go]").map((link) => [link.dataset.go, () => go(link.href)])),
}, { repeats: ["j", "k"] });

const keysOff = find("#keys-off");
if (keysOff) {
  keysOff.checked = keys.areOff();
  keysOff.addEventListener("change", () => keys.switchOff(keysOff.checked));
}
document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-open-keys]")) return;
  event.preventDefault();
  find("#keys").showModal();
});
