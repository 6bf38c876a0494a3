// The desk: its keys, the completion of tags and clusters, and acts after which the page stays.
"use strict";

{
  const TAGS = document.currentScript.dataset.tags;
  const OFF = "reading-room-keys-off";
  const TYPING = "input, textarea, select, dialog, [contenteditable]";
  const WAIT = 120;

  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const make = (name, properties = {}, attributes = {}) => {
    const node = Object.assign(document.createElement(name), properties);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    return node;
  };

  const desk = $("#desk");
  const said = $("#said");
  const keys = $("#keys");
  // One act after another: each begins when the page shows what the one before it has done.
  let acts = Promise.resolve();
  let isLeaving = false;
  let isWarned = false;
  // What is typed for a field that waits for its turn, and to look once more after a while.
  let ahead = null;
  let again;

  function inTurn(act) {
    acts = acts.then(act).catch(() => {
      say("Not saved: the server did not answer as expected. Load the page again.");
    });
  }

  function say(words) {
    said.replaceChildren(make("p", { className: "warning", textContent: words }));
  }

  function leaveField() {
    $("#desk-title")?.focus({ preventScroll: true });
  }

  // What is written and not saved.

  const isUnsaved = (text) => text.value !== text.dataset.stands;
  const unsaved = () => $$("textarea[data-stands]", desk).filter(isUnsaved);

  function markUnsaved() {
    isWarned = false;
    for (const text of $$("textarea[data-stands]", desk)) {
      $(".desk-unsaved", text.form).hidden = !isUnsaved(text);
    }
  }

  // Acts: a form is sent, and what comes back takes the page's place.

  async function send(form, button) {
    form.finish?.();
    const response = await fetch(form.action, { method: "POST", body: new FormData(form, button) });
    const answer = new DOMParser().parseFromString(await response.text(), "text/html");
    const fresh = $("#desk", answer);
    // Whoever was signed out meanwhile has to sign in first.
    if (!fresh && response.redirected) return location.reload();
    if (!fresh) throw new Error(response.statusText);
    const focused = document.activeElement;
    const isInDesk = desk.contains(focused);
    for (const text of unsaved()) {
      const twin = $(`#${text.id}`, fresh);
      if (text.form !== form && twin && twin.dataset.stands === text.dataset.stands) twin.value = text.value;
    }
    desk.replaceChildren(...fresh.childNodes);
    if (response.ok) history.replaceState(null, "", response.url);
    document.title = answer.title;
    said.replaceChildren(...$("#said", answer).childNodes);
    enhance();
    if (!isInDesk) return;
    const again = focused.id && !focused.matches(TYPING) && document.getElementById(focused.id);
    if (again && !again.disabled) again.focus({ preventScroll: true });
    else leaveField();
  }

  // What is not saved keeps one from going on, once.
  function go(link) {
    const [text] = unsaved();
    if (text && !isWarned) {
      isWarned = true;
      const name = text.id === "tags" ? "tags are" : "summary is";
      return say(`The ${name} not saved. Go on once more to leave without saving.`);
    }
    isLeaving = true;
    location.assign(link.href);
  }

  document.addEventListener("submit", (event) => {
    if (!desk.contains(event.target) || event.target.method !== "post") return;
    event.preventDefault();
    inTurn(() => send(event.target, event.submitter));
  });
  document.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    const opener = event.target.closest?.("[data-open]");
    if (opener) return document.getElementById(opener.dataset.open).showModal();
    const link = event.target.closest?.("#do-next");
    if (!link) return;
    event.preventDefault();
    inTurn(() => go($("#do-next")));
  });
  addEventListener("beforeunload", (event) => {
    if (!isLeaving && unsaved().length) event.preventDefault();
    // Whoever goes elsewhere is not brought back.
    clearTimeout(again);
  });
  // A page that one comes back to has its keys again.
  addEventListener("pageshow", () => { isLeaving = false; });

  // Keys: each does what bears it.

  async function press(key) {
    const node = $$("[data-key]", desk).find((each) => each.dataset.key === key);
    if (!node || node.disabled) return;
    if (node.matches("label")) {
      node.control.focus();
      if (ahead) document.execCommand("insertText", false, ahead);
      return;
    }
    if (node.matches("#do-next")) return go(node);
    if (node.form) return send(node.form, node);
    if (!node.dataset.open && !node.target) isLeaving = true;
    node.click();
  }

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (isLeaving || localStorage.getItem(OFF) || event.target.closest?.(TYPING)) return;
    if (ahead !== null) {
      event.preventDefault();
      if (event.key.length === 1) ahead += event.key;
      return;
    }
    const node = $$("[data-key]", desk).find((each) => each.dataset.key === event.key);
    if (!node) return;
    event.preventDefault();
    const isField = node.matches("label");
    if (isField) ahead = "";
    // It may be for what the act before it brings.
    inTurn(async () => {
      try {
        if (!isLeaving) await press(event.key);
      } finally {
        if (isField) ahead = null;
      }
    });
  });

  // A field with a list to choose from. `find` returns the options for a text: {value, label,
  // detail}; `take` takes one; `enter` takes what is typed where none is chosen.
  function combobox(input, { find, take, enter, leave, isChosenAtOnce = false }) {
    const list = make("ul", { id: `${input.id}-list`, className: "desk-list", hidden: true }, { role: "listbox" });
    list.setAttribute("aria-label", input.dataset.of);
    for (const [name, value] of Object.entries({
      role: "combobox", "aria-expanded": "false", "aria-autocomplete": "list",
      "aria-controls": list.id, autocomplete: "off", autocapitalize: "off", spellcheck: "false",
    })) input.setAttribute(name, value);
    input.after(list);
    let found = [], current = -1, asked = 0, timer;

    function choose(at) {
      current = at;
      [...list.children].forEach((node, index) => node.setAttribute("aria-selected", String(index === at)));
      const node = list.children[at];
      if (!node) return input.removeAttribute("aria-activedescendant");
      input.setAttribute("aria-activedescendant", node.id);
      node.scrollIntoView({ block: "nearest" });
    }
    function close() {
      clearTimeout(timer);
      asked += 1;
      found = [];
      list.replaceChildren();
      list.hidden = true;
      input.setAttribute("aria-expanded", "false");
      choose(-1);
    }
    async function open() {
      const turn = (asked += 1);
      const text = input.value;
      const options = await find(text);
      if (turn !== asked || document.activeElement !== input) return;
      const chosen = found[current]?.value;
      found = options;
      list.dataset.text = text;
      list.replaceChildren(...found.map(({ label, detail }, at) => {
        const node = make("li", { id: `${list.id}-${at}` }, { role: "option", "aria-selected": "false" });
        node.append(make("span", { textContent: label }));
        if (detail) node.append(" ", make("span", { className: "desk-list-detail", textContent: detail }));
        return node;
      }));
      list.hidden = !found.length;
      input.setAttribute("aria-expanded", String(!list.hidden));
      // What was chosen while this list was on its way stays chosen.
      const stays = isChosenAtOnce ? -1 : found.findIndex((each) => each.value === chosen);
      const isFirst = found.length && (isChosenAtOnce || chosen !== undefined);
      choose(stays < 0 && isFirst ? 0 : stays);
    }
    function accept(at) {
      const option = found[at];
      close();
      take(option);
    }
    const step = (by) => {
      // Beyond either end is the field itself, where nothing is chosen.
      const places = found.length + 1;
      choose(((current + 1 + by + places) % places) - 1);
    };

    input.addEventListener("input", () => {
      clearTimeout(timer);
      // What Enter takes stands there before it can be pressed.
      if (isChosenAtOnce) return open();
      choose(-1);
      timer = setTimeout(open, WAIT);
    });
    input.addEventListener("keydown", (event) => {
      if (event.isComposing || event.altKey) return;
      const { key } = event;
      const isSaving = key === "Enter" && (event.ctrlKey || event.metaKey);
      if (isSaving) enter(input.value, true);
      else if (event.ctrlKey || event.metaKey) return;
      else if (key === "ArrowDown" || key === "ArrowUp") {
        if (list.hidden) open();
        else step(key === "ArrowDown" ? 1 : -1);
      } else if (key === "Enter") {
        if (found[current]) accept(current);
        else { close(); enter(input.value, false); }
      } else if (key === "Escape") {
        if (list.hidden || isChosenAtOnce) { close(); leave(); }
        else close();
      } else return;
      event.preventDefault();
    });
    input.addEventListener("blur", close);
    // The field keeps the focus while an option is pressed.
    list.addEventListener("mousedown", (event) => event.preventDefault());
    list.addEventListener("click", (event) => {
      const node = event.target.closest("[role=option]");
      if (node) accept([...list.children].indexOf(node));
    });
    return { open, close };
  }

  // The cluster: its number or a part of its title.

  function enhanceCluster() {
    const select = $("#cluster");
    if (!select) return;
    const all = [...select.options].map((option) => ({
      value: option.value, title: option.text, number: option.dataset.number,
      label: `${option.dataset.number} ${option.text}`, words: option.text.toLowerCase(),
    }));
    const input = make("input", { id: "cluster-input", type: "text", value: select.selectedOptions[0].text });
    input.dataset.of = "Clusters";
    select.hidden = true;
    $("#do-cluster").hidden = true;
    $("label[for=cluster]").htmlFor = input.id;
    select.after(input);
    const restore = () => { input.value = select.selectedOptions[0].text; };
    const find = (text) => {
      const typed = text.trim().toLowerCase();
      if (/^[0-9]+$/.test(typed)) {
        return all.filter((each) => each.number.startsWith(typed))
          .sort((one, other) => Number(other.number === typed) - Number(one.number === typed));
      }
      return all.filter((each) => typed.split(/\s+/).every((word) => each.words.includes(word)));
    };
    const leave = () => { restore(); leaveField(); };
    const box = combobox(input, {
      find, leave, enter: () => {}, isChosenAtOnce: true,
      take(option) {
        const isSame = option.value === select.value;
        select.value = option.value;
        leave();
        if (!isSame) inTurn(() => send(select.form, null));
      },
    });
    input.addEventListener("focus", () => { input.value = ""; input.placeholder = "Its number, or a part of its title"; box.open(); });
    input.addEventListener("blur", () => { input.placeholder = ""; restore(); });
  }

  // Tags: each in a box of its own, and a field for the next. The plain field stays behind them.

  function enhanceTags() {
    const text = $("#tags");
    if (!text) return;
    const box = make("div", { className: "desk-tags" });
    const chips = make("ul", { className: "desk-chips" }, { "aria-label": "Tags" });
    const input = make("input", { id: "tags-input", type: "text", placeholder: "Add a tag" });
    input.dataset.of = "Tags in use";
    const help = $("#tags-help");
    help.textContent = "Enter or a comma adds a tag, Backspace takes the last away; Enter on the empty line saves.";
    input.setAttribute("aria-describedby", help.id);
    const names = () => text.value.split("\n").map((line) => line.trim()).filter(Boolean);
    const isIn = (name, all = names()) => all.some((each) => each.toLowerCase() === name.toLowerCase());

    function write(tags) {
      text.value = tags.join("\n");
      draw();
      markUnsaved();
    }
    function draw() {
      chips.replaceChildren(...names().map((name, at) => {
        const chip = make("li");
        const drop = make("button", { type: "button", textContent: "×" }, { "aria-label": `Remove ${name}` });
        drop.addEventListener("click", () => {
          write(names().filter((_, index) => index !== at));
          input.focus();
        });
        chip.append(make("span", { textContent: name }), drop);
        return chip;
      }));
    }
    function add(typed) {
      const tags = names();
      for (const name of typed.split(",").map((each) => each.trim())) {
        if (name && !isIn(name, tags)) tags.push(name);
      }
      input.value = "";
      write(tags);
    }
    const save = () => {
      // The next key is for the page already.
      leaveField();
      if (isUnsaved(text)) inTurn(() => send(text.form, null));
    };

    text.hidden = true;
    $("label[for=tags]").htmlFor = input.id;
    box.append(chips, input);
    text.after(box);
    const list = combobox(input, {
      async find(typed) {
        if (!typed.trim()) return [];
        const response = await fetch(`${TAGS}?${new URLSearchParams({ q: typed })}`).catch(() => null);
        const answer = response?.ok && !response.redirected ? await response.json() : { tags: [] };
        return answer.tags.filter((each) => !isIn(each.name)).map((each) => ({
          value: each.name, label: each.name,
          detail: each.instead_of ? `instead of ${each.instead_of}` : String(each.uses),
        }));
      },
      take: (option) => add(option.value),
      enter(typed, isSaving) {
        if (typed.trim()) add(typed);
        else if (!isSaving) return save();
        if (isSaving) save();
      },
      leave: leaveField,
    });
    input.addEventListener("input", (event) => {
      if (event.isComposing || !input.value.includes(",")) return;
      list.close();
      add(input.value);
    });
    input.addEventListener("keydown", (event) => {
      if (event.key === "Backspace" && !input.value) write(names().slice(0, -1));
    });
    text.form.finish = () => { if (input.value.trim()) add(input.value); };
    draw();
  }

  function enhanceSummary() {
    const text = $("#summary");
    text?.addEventListener("input", markUnsaved);
    text?.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        leaveField();
        inTurn(() => send(text.form, null));
      } else if (event.key === "Escape") leaveField();
    });
  }

  function enhance() {
    enhanceCluster();
    enhanceTags();
    enhanceSummary();
    markUnsaved();
    for (const node of $$("[data-key]:not(label)", desk)) node.setAttribute("aria-keyshortcuts", node.dataset.key);
    if ($("[data-again]", desk)) again = setTimeout(() => location.reload(), 3000);
  }

  keys.addEventListener("click", (event) => { if (event.target === keys) keys.close(); });
  enhance();
}
