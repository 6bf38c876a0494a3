// Quick search: results while the reader types in the box of the header. Without it the box is a
// plain form.

import { find, findAll, make, opensElsewhere } from "./lib/dom.js";
import * as keys from "./lib/keys.js";

const form = find("form.quick");
const box = form && find("input[name=q]", form);
// Milliseconds between the last key and the request.
const DELAY = 120;
const IS_MAC = navigator.platform.startsWith("Mac");

const dialog = make("dialog", { className: "quick-dialog" }, { "aria-label": "Quick search" });
dialog.innerHTML = `
  <div class="quick-bar">
    <svg class="icon" aria-hidden="true"><use/></svg>
    <input class="quick-input" type="text" role="combobox" aria-label="Search, or go to a page"
      aria-expanded="false" aria-controls="quick-list" aria-autocomplete="list" maxlength="200"
      placeholder="Search, or go to a page" autocomplete="off" autocapitalize="off" spellcheck="false"
      enterkeyhint="search">
    <button class="quick-close" type="button" tabindex="-1" aria-label="Close"><kbd aria-hidden="true">Esc</kbd
      ><svg class="icon" aria-hidden="true"><use/></svg></button>
  </div>
  <p class="quick-failed" role="alert" hidden></p>
  <div class="quick-found"><div id="quick-list" role="listbox" aria-label="Results"></div></div>
  <p class="quick-hints" aria-hidden="true"><span><kbd>↑</kbd><kbd>↓</kbd> to move</span
    ><span><kbd>Enter</kbd> to open</span
    ><span class="quick-hint-all"><kbd>Enter</kbd> alone for all results</span></p>
  <p class="visually-hidden" role="status"></p>`;
const input = find("input", dialog);
const found = find(".quick-found", dialog);
const failed = find(".quick-failed", dialog);
const status = find("[role=status]", dialog);

let timer, request, current = null, cameFromBox = false;
// The results for an empty box, which are the same until the page is left.
let commands = null;

const options = () => findAll("[role=option]", found);
const isShown = (text) => found.firstElementChild?.dataset.text === text;
const typed = () => input.value.trim();

function choose(option, isScrolled = true) {
  current?.setAttribute("aria-selected", "false");
  current = option ?? null;
  if (!current) return input.removeAttribute("aria-activedescendant");
  current.setAttribute("aria-selected", "true");
  input.setAttribute("aria-activedescendant", current.id);
  if (!isScrolled) return;
  // The heading of a group scrolls into view with its first option.
  const head = current.previousElementSibling;
  if (head?.matches(".quick-head")) head.scrollIntoView({ block: "nearest" });
  current.scrollIntoView({ block: "nearest" });
}

function step(by) {
  const all = options();
  // Before the first option and after the last, none is chosen.
  const places = [null, ...all];
  choose(places[(places.indexOf(current) + by + places.length) % places.length]);
}

function show(html) {
  const before = current?.href;
  const wasChosen = Boolean(current);
  choose(null);
  found.innerHTML = html;
  const list = found.firstElementChild;
  // The form of the page sets the theme, so commands for it need that form.
  for (const button of findAll("[data-set-theme]", found)) {
    if (!themeButton(button)) button.remove();
  }
  input.setAttribute("aria-expanded", "true");
  failed.hidden = true;
  status.textContent = list.dataset.said;
  if (wasChosen) choose(options().find((option) => before && option.href === before) ?? options()[0]);
}

function fail(message) {
  failed.textContent = message;
  failed.hidden = false;
}

async function ask() {
  const text = input.value;
  request?.abort();
  request = new AbortController();
  const { signal } = request;
  try {
    const response = await fetch(`${form.dataset.url}?${new URLSearchParams({ q: text })}`, { signal });
    // A reader who was signed out meanwhile has to sign in first.
    if (response.redirected) return location.reload();
    if (!response.ok) throw new Error(response.statusText);
    const html = await response.text();
    if (signal.aborted) return;
    if (!text.trim()) commands = html;
    show(html);
  } catch {
    if (!signal.aborted) fail("The search cannot be reached. Press Enter to try the catalog.");
  }
}

function refresh(wait) {
  clearTimeout(timer);
  if (typed() || !commands) {
    timer = setTimeout(ask, wait);
  } else {
    request?.abort();
    show(commands);
  }
}

function open(text = "", isFromBox = false) {
  cameFromBox = isFromBox;
  if (!dialog.open) {
    input.value = text;
    dialog.showModal();
    refresh(0);
  }
  input.focus();
  input.select();
}

// The text goes back into the box, ready for Enter.
function close() {
  if (cameFromBox) box.value = input.value;
  dialog.close();
}

function themeButton(option) {
  return find(`.theme-form button[value="${option.dataset.setTheme}"]`);
}

function enter() {
  if (current) return current.click();
  const text = typed();
  if (!text) return;
  const all = isShown(text) && find("#quick-all", found);
  dialog.close();
  location.assign(all ? all.href : `${form.action}?${new URLSearchParams({ q: text })}`);
}

const ACTIONS = {
  ArrowDown: () => step(1),
  ArrowUp: () => step(-1),
  Enter: enter,
  Escape: close,
};

if (box) {
  for (const [use, name] of [[0, "search"], [1, "close"]]) {
    findAll("use", dialog)[use].setAttribute("href", `${form.dataset.icons}#${name}`);
  }
  document.body.append(dialog);

  input.addEventListener("input", () => {
    choose(null);
    refresh(DELAY);
  });
  dialog.addEventListener("keydown", (event) => {
    if (keys.isComposing(event)) return;
    // Closing returns the focus first; then the browser moves it to the next element.
    if (event.key === "Tab") return close();
    if (!ACTIONS[event.key] || event.altKey || event.shiftKey) return;
    event.preventDefault();
    ACTIONS[event.key]();
  });
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    close();
  });
  dialog.addEventListener("close", () => {
    clearTimeout(timer);
    request?.abort();
    choose(null);
    status.textContent = "";
  });
  dialog.addEventListener("click", (event) => {
    // A click on the backdrop has the dialog as its target.
    if (event.target === dialog || event.target.closest(".quick-close")) return close();
    const theme = event.target.closest("[data-set-theme]");
    if (theme) themeButton(theme).click();
    const link = event.target.closest("a");
    // A link to a place on this page loads no other page.
    if (link && !event.defaultPrevented && !opensElsewhere(event)) dialog.close();
  });
  // The box keeps the focus while an option is pressed.
  found.addEventListener("mousedown", (event) => {
    if (event.target.closest("[role=option]")) event.preventDefault();
  });
  found.addEventListener("pointermove", (event) => {
    const option = event.target.closest("[role=option]");
    // The event also fires when the list scrolls under a pointer that does not move.
    if (option && option !== current && (event.movementX || event.movementY)) choose(option, false);
  });

  // Typing opens the dialog, not focus: Tab passes the box.
  box.addEventListener("click", () => open(box.value, true));
  box.addEventListener("input", (event) => { if (!event.isComposing) openAsTyped(); });
  box.addEventListener("compositionend", () => openAsTyped());
  box.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown" || event.altKey) return;
    event.preventDefault();
    open(box.value, true);
  });
  form.addEventListener("submit", (event) => {
    if (box.value.trim()) return;
    event.preventDefault();
    open("", true);
  });
  // On a phone the box is a link.
  for (const link of findAll(".quick-link")) {
    link.addEventListener("click", (event) => {
      if (opensElsewhere(event)) return;
      event.preventDefault();
      open();
    });
  }
  // On a Mac, Ctrl K in a field deletes to the end of the line.
  const isFindKey = (event) => {
    if (event.altKey || event.shiftKey || keys.isComposing(event)) return false;
    if (IS_MAC && event.ctrlKey && keys.isField(event.target)) return false;
    return (event.ctrlKey || event.metaKey) && keys.namesOf(event).includes("k");
  };
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || !isFindKey(event)) return;
    const shown = find("dialog[open]");
    if (shown && shown !== dialog) return;
    event.preventDefault();
    if (!event.repeat) open();
  });
  keys.add({ "/": () => open() });
}

function openAsTyped() {
  open(box.value, true);
  input.setSelectionRange(input.value.length, input.value.length);
}
