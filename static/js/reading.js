// Shortens the way of forms that work without it: marks show at once, the queue is dragged, keys.
"use strict";

const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

// A mark shows at once; if it fails, what stood comes back.
const STATES = "button[name=mark]";
let pending = null;

function press(group, button) {
  for (const each of $$(STATES, group)) each.setAttribute("aria-pressed", String(each === button));
  group.dataset.state = button.value.split(":")[1];
}

document.addEventListener("htmx:beforeRequest", (event) => {
  const button = event.detail.requestConfig.triggeringEvent?.submitter;
  const group = button?.matches(STATES) && button.closest(".state");
  if (!group) return;
  pending = { group, button: $("[aria-pressed=true]", group) };
  press(group, button);
});

function fail(words) {
  if (pending?.button) press(pending.group, pending.button);
  pending = null;
  showToast(words);
}

document.addEventListener("htmx:afterRequest", (event) => { if (event.detail.successful) pending = null; });
document.addEventListener("htmx:sendError", () => fail("Not saved: the server cannot be reached. Try again."));
document.addEventListener("htmx:responseError", (event) => {
  // Whoever was signed out meanwhile has to sign in first.
  if (event.detail.xhr.status === 403 || event.detail.xhr.status === 401) location.reload();
  else fail("Not saved. Load the page again and choose once more.");
});
document.addEventListener("htmx:beforeSwap", (event) => {
  const url = event.detail.xhr.responseURL;
  if (url && new URL(url).pathname.startsWith("/sign-in/")) {
    event.detail.shouldSwap = false;
    location.assign(`/sign-in/?next=${encodeURIComponent(location.pathname + location.search)}`);
  }
});

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
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.target.id === "bulk" && event.detail.successful) event.target.reset();
});

// The queue is dragged into order; buttons and Alt with the arrow keys do the same.
let dragged = null;
document.addEventListener("dragstart", (event) => {
  dragged = event.target.closest?.(".queue-row");
  dragged?.classList.add("is-dragged");
  event.dataTransfer?.setData("text/plain", "");
});
document.addEventListener("dragover", (event) => {
  const row = dragged && event.target.closest?.(".queue-row");
  if (!row) return;
  event.preventDefault();
  if (row === dragged) return;
  const box = row.getBoundingClientRect();
  row[event.clientY < box.top + box.height / 2 ? "before" : "after"](dragged);
});
document.addEventListener("drop", (event) => { if (dragged) event.preventDefault(); });
document.addEventListener("dragend", () => {
  if (!dragged) return;
  dragged.classList.remove("is-dragged");
  dragged = null;
  $("#order").requestSubmit();
});
document.addEventListener("keydown", (event) => {
  const row = event.target.closest?.(".queue-row");
  if (!row || !event.altKey || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
  event.preventDefault();
  $(`[value$=":${event.key === "ArrowUp" ? "up" : "down"}"][name=move]`, row)?.click();
});

// Keys. Off while typing, and for whoever has switched them off.
const KEYS_OFF = "reading-room-keys-off";
const STATE_KEYS = { u: "unread", q: "queued", r: "reading", d: "read" };
const PLACES = { l: "/", c: "/catalog/", q: "/queue/", p: "/progress/", n: "/notes/" };
let going = false;

function cards() { return $$(".card, .queue-row").filter((card) => card.offsetParent); }
function currentCard() { return document.activeElement.closest?.(".card, .queue-row"); }

function step(by) {
  const all = cards();
  const next = all[all.indexOf(currentCard()) + by] ?? all[by > 0 ? 0 : all.length - 1];
  $(".card-title a, .ordinals-title", next ?? document)?.focus();
}

const ACTIONS = {
  j: () => step(1),
  k: () => step(-1),
  o: () => $(".issue .button-primary[href]")?.click(),
  "[": () => $("a[rel=prev]")?.click(),
  "]": () => $("a[rel=next]")?.click(),
  n: () => $("#new-note textarea[name=body], #new-note")?.focus(),
  '"': () => $("[data-add-quote]")?.click(),
  t: () => { const [system, light, dark] = $$(".theme-form button"); (matchMedia("(prefers-color-scheme: dark)").matches !== (dark.ariaPressed === "true" || light.ariaPressed === "true") ? light : dark)?.click(); },
  "?": () => $("#keys")?.showModal(),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || localStorage.getItem(KEYS_OFF)) return;
  if (event.target.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, dialog, [contenteditable]")) return;
  const { key } = event;
  if (going) {
    going = false;
    if (PLACES[key]) location.assign(PLACES[key]);
    return;
  }
  if (key === "g") { going = true; return; }
  const state = STATE_KEYS[key];
  const scope = currentCard() ?? $(".state-rail");
  if (state && scope) { event.preventDefault(); $(`${STATES}[value*=":${state}:"]`, scope)?.click(); return; }
  if (ACTIONS[key]) { event.preventDefault(); ACTIONS[key](); }
});

const off = $("#keys-off");
if (off) {
  off.checked = Boolean(localStorage.getItem(KEYS_OFF));
  off.addEventListener("change", () => off.checked ? localStorage.setItem(KEYS_OFF, "1") : localStorage.removeItem(KEYS_OFF));
}
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-open-keys]")) { event.preventDefault(); $("#keys").showModal(); }
});
