// Quick search: what the box in the header finds, as one types. Without it the box is a plain form.
"use strict";

{
  const { url, icons } = document.currentScript.dataset;
  const form = document.querySelector("form.quick");
  const box = form?.querySelector("input[name=q]");
  const WAIT = 120;
  const IS_MAC = navigator.platform.startsWith("Mac");

  const dialog = document.createElement("dialog");
  dialog.className = "quick-dialog";
  dialog.setAttribute("aria-label", "Quick search");
  dialog.innerHTML = `
    <div class="quick-bar">
      <svg class="icon" aria-hidden="true"><use/></svg>
      <input class="quick-input" type="text" role="combobox" aria-label="Search, or go to a page"
        aria-expanded="false" aria-controls="quick-list" aria-autocomplete="list" maxlength="200"
        placeholder="Search, or go to a page" autocomplete="off" autocapitalize="off" spellcheck="false"
        enterkeyhint="search">
      <button class="quick-close" type="button" tabindex="-1" aria-label="Close"><kbd aria-hidden="true">Esc</kbd><svg class="icon" aria-hidden="true"><use/></svg></button>
    </div>
    <p class="quick-failed" role="alert" hidden></p>
    <div class="quick-found"><div id="quick-list" role="listbox" aria-label="Results"></div></div>
    <p class="quick-hints" aria-hidden="true"><span><kbd>↑</kbd><kbd>↓</kbd> to move</span><span><kbd>Enter</kbd> to open</span><span class="quick-hint-all"><kbd>Enter</kbd> alone for all results</span></p>
    <p class="visually-hidden" role="status"></p>`;
  const input = dialog.querySelector("input");
  const found = dialog.querySelector(".quick-found");
  const failed = dialog.querySelector(".quick-failed");
  const status = dialog.querySelector("[role=status]");

  let timer, request, current = null, cameFromBox = false;
  // What an empty box shows changes with the page alone.
  let commands = null;

  const options = () => [...found.querySelectorAll("[role=option]")];
  const isShown = (text) => found.firstElementChild?.dataset.text === text;
  const typed = () => input.value.trim();

  function choose(option, isScrolled = true) {
    current?.setAttribute("aria-selected", "false");
    current = option ?? null;
    if (!current) return input.removeAttribute("aria-activedescendant");
    current.setAttribute("aria-selected", "true");
    input.setAttribute("aria-activedescendant", current.id);
    if (!isScrolled) return;
    // The heading of a group comes along with its first option.
    const head = current.previousElementSibling;
    if (head?.matches(".quick-head")) head.scrollIntoView({ block: "nearest" });
    current.scrollIntoView({ block: "nearest" });
  }

  function step(by) {
    const all = options();
    // Beyond either end is the box itself, where nothing is chosen.
    const places = [null, ...all];
    choose(places[(places.indexOf(current) + by + places.length) % places.length]);
  }

  function show(html) {
    const before = current?.href;
    const wasChosen = Boolean(current);
    choose(null);
    found.innerHTML = html;
    const list = found.firstElementChild;
    // A theme is set by the form of the page; where there is none, it cannot be.
    for (const button of found.querySelectorAll("[data-set-theme]")) {
      if (!themeButton(button)) button.remove();
    }
    input.setAttribute("aria-expanded", "true");
    failed.hidden = true;
    status.textContent = list.dataset.said;
    if (wasChosen) choose(options().find((option) => before && option.href === before) ?? options()[0]);
  }

  function fail(words) {
    failed.textContent = words;
    failed.hidden = false;
  }

  async function ask() {
    const text = input.value;
    request?.abort();
    request = new AbortController();
    const { signal } = request;
    try {
      const response = await fetch(`${url}?${new URLSearchParams({ q: text })}`, { signal });
      // Whoever was signed out meanwhile has to sign in first.
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

  // Back in the box stands what was typed, ready for Enter.
  function close() {
    if (cameFromBox) box.value = input.value;
    dialog.close();
  }

  function themeButton(option) {
    return document.querySelector(`.theme-form button[value="${option.dataset.setTheme}"]`);
  }

  function enter() {
    if (current) return current.click();
    const text = typed();
    if (!text) return;
    const all = isShown(text) && found.querySelector("#quick-all");
    dialog.close();
    location.assign(all ? all.href : `${form.action}?${new URLSearchParams({ q: text })}`);
  }

  const KEYS = {
    ArrowDown: () => step(1),
    ArrowUp: () => step(-1),
    Enter: enter,
    Escape: close,
  };

  if (box) {
    for (const [use, name] of [[0, "search"], [1, "close"]]) {
      dialog.querySelectorAll("use")[use].setAttribute("href", `${icons}#${name}`);
    }
    document.body.append(dialog);

    input.addEventListener("input", () => { choose(null); refresh(WAIT); });
    dialog.addEventListener("keydown", (event) => {
      if (shortcuts.isComposing(event)) return;
      // Focus is back where it was before the browser moves it on.
      if (event.key === "Tab") return close();
      if (!KEYS[event.key] || event.altKey || event.shiftKey) return;
      event.preventDefault();
      KEYS[event.key]();
    });
    dialog.addEventListener("cancel", (event) => { event.preventDefault(); close(); });
    dialog.addEventListener("close", () => { clearTimeout(timer); request?.abort(); choose(null); status.textContent = ""; });
    dialog.addEventListener("click", (event) => {
      // What is beside the dialog is its backdrop.
      if (event.target === dialog || event.target.closest(".quick-close")) return close();
      const theme = event.target.closest("[data-set-theme]");
      if (theme) themeButton(theme).click();
      const link = event.target.closest("a");
      // A place on this very page is no new page.
      if (link && !event.defaultPrevented && !(event.ctrlKey || event.metaKey || event.shiftKey)) dialog.close();
    });
    // The box keeps the focus while an option is pressed.
    found.addEventListener("mousedown", (event) => { if (event.target.closest("[role=option]")) event.preventDefault(); });
    found.addEventListener("pointermove", (event) => {
      const option = event.target.closest("[role=option]");
      // A list that is scrolled under a pointer at rest chooses nothing.
      if (option && option !== current && (event.movementX || event.movementY)) choose(option, false);
    });

    // By Tab one passes the box, for nothing may open because of the focus alone; typing opens it.
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
    for (const link of document.querySelectorAll(".quick-link")) {
      link.addEventListener("click", (event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        open();
      });
    }
    // On a Mac, Ctrl K in a field deletes to the end of the line.
    const isFindKey = (event) => {
      if (event.altKey || event.shiftKey || shortcuts.isComposing(event)) return false;
      if (IS_MAC && event.ctrlKey && shortcuts.isField(event.target)) return false;
      return (event.ctrlKey || event.metaKey) && shortcuts.namesOf(event).includes("k");
    };
    document.addEventListener("keydown", (event) => {
      if (event.defaultPrevented || !isFindKey(event)) return;
      const shown = document.querySelector("dialog[open]");
      if (shown && shown !== dialog) return;
      event.preventDefault();
      if (!event.repeat) open();
    });
    shortcuts.add({ "/": () => open() });
  }

  function openAsTyped() {
    open(box.value, true);
    input.setSelectionRange(input.value.length, input.value.length);
  }
}
