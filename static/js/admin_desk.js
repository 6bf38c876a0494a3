// The desk: its keys, the completion of tags and clusters, and acts after which the page stays.
"use strict";

{
  const TAGS = document.currentScript.dataset.tags;
  const WAIT = 120;
  // Proposals that take longer than this are not worth holding keys up for.
  const MOST = 5000;

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
  // One act after another: each begins when the page shows what the one before it has done. Keys
  // that are pressed meanwhile wait in `typed`, and then go where they would have gone.
  let acts = Promise.resolve();
  let running = 0;
  const typed = [];
  let isLeaving = false;
  let isWarned = false;
  // The button whose form is being sent.
  let pressed = null;
  // To look once more after a while.
  let again;

  function inTurn(act) {
    running += 1;
    acts = acts.then(act).catch(() => {
      refuse("This may not be saved: the server did not answer as expected. Load the page again.");
    }).then(() => {
      running -= 1;
      if (!running) replay();
    });
    return acts;
  }

  // Keys that were meant for what an act should have brought are not taken for anything else.
  function refuse(words = "") {
    const isLost = typed.length > 0;
    typed.length = 0;
    if (words) say(isLost ? `${words} The keys pressed after it did nothing.` : words);
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

  // A form or a button as the page has it now, after an act before it has replaced the page. Where
  // the page has gone on to another issue there is none: forms name theirs in their address.
  function formNow(form) {
    if (form.isConnected) return form;
    const address = form.getAttribute("action");
    return $$("form", desk).find((each) => each.getAttribute("action") === address && each.id === form.id);
  }
  function buttonNow(form, button) {
    return [...form.elements].find((each) =>
      each.type === "submit" && each.id === button.id && each.name === button.name && each.value === button.value);
  }

  // What is written, and where one writes, stays when the page is replaced.
  function focusedField() {
    const field = document.activeElement;
    if (!desk.contains(field) || !shortcuts.isField(field)) return null;
    const { id, value, selectionStart, selectionEnd } = field;
    return { id, value, selection: selectionStart === undefined ? null : [selectionStart, selectionEnd] };
  }
  function restore({ id, value, selection }) {
    const field = document.getElementById(id);
    if (!field) return false;
    field.focus({ preventScroll: true });
    if (field.type === "text") {
      field.value = value;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
    if (selection) field.setSelectionRange(...selection);
    return true;
  }

  let shown = location.pathname + location.search;
  function show(url, isNew = false) {
    history[isNew ? "pushState" : "replaceState"](null, "", url);
    shown = location.pathname + location.search;
  }
  function leave(address = "") {
    typed.length = 0;
    shortcuts.leave();
    if (address) location.assign(address);
    else location.reload();
  }

  async function take(response) {
    const answer = new DOMParser().parseFromString(await response.text(), "text/html");
    const fresh = $("#desk", answer);
    if (!fresh) return null;
    desk.replaceChildren(...fresh.childNodes);
    for (const place of ["#said", ".breadcrumbs"]) $(place)?.replaceChildren(...($(place, answer)?.childNodes ?? []));
    document.title = answer.title;
    return fresh;
  }

  async function send(asked, button) {
    const form = formNow(asked);
    if (!form) return refuse("Not saved: the page has gone on to another issue.");
    const submitter = button && buttonNow(form, button);
    if (button && !submitter) return refuse("Not saved: the page offers this no more.");
    form.finish?.();
    const response = await fetch(form.action, { method: "POST", body: new FormData(form, submitter) });
    const written = unsaved().filter((text) => text.form !== form);
    const focused = document.activeElement;
    const isInDesk = desk.contains(focused);
    const field = focusedField();
    // Whoever was signed out meanwhile has to sign in first.
    if (!await take(response)) {
      if (!response.redirected) throw new Error(response.statusText);
      return leave();
    }
    for (const text of written) {
      const twin = $(`#${text.id}`);
      if (twin && twin.dataset.stands === text.dataset.stands) twin.value = text.value;
    }
    if (response.ok) show(response.url);
    else refuse();
    enhance();
    if (!isInDesk || (field && restore(field))) return;
    const again = focused.id && !field && document.getElementById(focused.id);
    if (again && !again.disabled) again.focus({ preventScroll: true });
    else leaveField();
  }

  // What is not saved keeps one from going on, once.
  async function go(link) {
    const [text] = unsaved();
    if (text && !isWarned) {
      isWarned = true;
      const name = text.id === "tags" ? "tags are" : "summary is";
      return refuse(`The ${name} not saved. Go on once more to leave without saving.`);
    }
    // The page stays, so that keys for the next issue are not lost on the way to it.
    const response = await fetch(link.href).catch(() => null);
    if (!response?.ok || !await take(response)) {
      isLeaving = true;
      return leave(link.href);
    }
    isWarned = false;
    show(response.url, true);
    // Where there is no next issue, keys for it are for nothing.
    if (!$("#summary")) refuse();
    enhance();
    scrollTo(0, 0);
    leaveField();
  }

  document.addEventListener("submit", (event) => {
    const { target: form, submitter } = event;
    if (!desk.contains(form) || form.method !== "post") return;
    event.preventDefault();
    // Pressed again before there was an answer.
    if (pressed && pressed === submitter) return;
    pressed = submitter;
    inTurn(() => send(form, submitter)).then(() => { if (pressed === submitter) pressed = null; });
  });
  document.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    const opener = event.target.closest?.("[data-open]");
    if (opener) return document.getElementById(opener.dataset.open).showModal();
    const link = event.target.closest?.("#do-next");
    if (!link) return;
    event.preventDefault();
    if (event.detail < 2) inTurn(() => go(link));
  });
  addEventListener("beforeunload", (event) => {
    if (!isLeaving && unsaved().length) event.preventDefault();
    // Whoever goes elsewhere is not brought back.
    clearTimeout(again);
  });
  // A page that one comes back to has its keys again.
  addEventListener("pageshow", () => { isLeaving = false; });
  // Back and forward bring another issue; a place on this page does not.
  addEventListener("popstate", () => { if (location.pathname + location.search !== shown) leave(); });

  // Keys: each does what bears it.

  const nodeFor = (names) => names.map((name) => $$("[data-key]", desk).find((node) => node.dataset.key === name)).find(Boolean);

  // Return what the key begins, if the page is to wait for it.
  function press(node) {
    if (node.disabled) return null;
    if (node.matches("label")) node.control.focus();
    else if (node.form) return () => send(node.form, node);
    else if (node.matches("a:not([target])")) return () => go(node);
    else node.click();
    return null;
  }

  // A key that waited, in a field or on a button, as the browser would have taken it.
  function enter(target, key) {
    const { names: _, ...told } = key;
    const isTaken = !target.dispatchEvent(new KeyboardEvent("keydown", { ...told, bubbles: true, cancelable: true }));
    if (isTaken || key.ctrlKey || key.metaKey) return;
    if (!shortcuts.isField(target)) {
      if (key.key === "Enter" || key.key === " ") target.click();
    } else if (key.key.length === 1) document.execCommand("insertText", false, key.key);
    else if (key.key === "Enter" && target.matches("textarea")) document.execCommand("insertLineBreak");
    else if (key.key === "Backspace") document.execCommand("delete");
    else if (key.key === "Delete") document.execCommand("forwardDelete");
  }

  const isOnButton = (key) => ["Enter", " "].includes(key.key) && document.activeElement.matches("a, button, summary");

  let isReplaying = false;
  async function replay() {
    if (isReplaying) return;
    isReplaying = true;
    try {
      while (typed.length && !running && !isLeaving) {
        const key = typed.shift();
        const field = document.activeElement;
        const node = shortcuts.isField(field) || isOnButton(key) || key.repeat ? null : nodeFor(key.names);
        const act = node && press(node);
        if (act) inTurn(act);
        else if (!node && (shortcuts.isField(field) || isOnButton(key))) enter(field, key);
        // A list for what was typed is there before the next key.
        await new Promise((resolve) => { setTimeout(resolve); });
      }
    } finally {
      isReplaying = false;
    }
  }

  // Before any field sees them: what is pressed later comes later.
  document.addEventListener("keydown", (event) => {
    if (!event.isTrusted || !event.key || (!running && !typed.length) || shortcuts.isModifier(event) || shortcuts.isComposing(event)) return;
    const { target, key } = event;
    const isSaving = key === "Enter" && (event.ctrlKey || event.metaKey);
    const isTyped = !shortcuts.isModified(event) || (key.length === 1 && event.getModifierState("AltGraph"));
    const isField = shortcuts.isField(target);
    if (key === "Tab" || !(isTyped || isSaving) || (isField && !desk.contains(target))) return;
    if ($("dialog[open]") || isLeaving) return;
    if (!isField && (shortcuts.areOff() || (!typed.length && isOnButton(event)))) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (event.repeat && !isField) return;
    if (!isField) shortcuts.hold(event);
    const { code, ctrlKey, metaKey, shiftKey, repeat } = event;
    const names = shortcuts.isModified(event) ? [] : shortcuts.namesOf(event);
    typed.push({ key, code, ctrlKey, metaKey, shiftKey, repeat, names });
  }, true);

  document.addEventListener("keydown", (event) => {
    if (!event.isTrusted || event.repeat || isLeaving || !shortcuts.mayAct(event)) return;
    const node = nodeFor(shortcuts.namesOf(event));
    if (!node) return;
    event.preventDefault();
    shortcuts.hold(event);
    const act = press(node);
    if (act) inTurn(act);
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
    let found = [], current = -1, asked = 0, timer = null, coming = null;

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
      timer = coming = null;
      asked += 1;
      found = [];
      list.replaceChildren();
      list.hidden = true;
      input.setAttribute("aria-expanded", "false");
      choose(-1);
    }
    function open() {
      clearTimeout(timer);
      timer = null;
      const own = show().finally(() => { if (coming === own) coming = null; });
      coming = own;
      return own;
    }
    async function show() {
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
      if (shortcuts.isComposing(event) || event.altKey) return;
      const { key } = event;
      const isSaving = key === "Enter" && (event.ctrlKey || event.metaKey);
      if (isSaving) enter(input.value, true);
      else if (event.ctrlKey || event.metaKey) return;
      else if (key === "ArrowDown" || key === "ArrowUp") {
        const by = key === "ArrowDown" ? 1 : -1;
        if (!list.hidden) step(by);
        // The list for what was typed is still on its way.
        else if (timer || coming) inTurn(async () => { await (timer ? open() : coming); step(by); });
        else open();
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
        if (isSame) return;
        inTurn(() => {
          const form = formNow(select.form);
          if (form) form.elements.cluster.value = option.value;
          return send(form ?? select.form, null);
        });
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
        const signal = AbortSignal.timeout(MOST);
        const response = await fetch(`${TAGS}?${new URLSearchParams({ q: typed })}`, { signal }).catch(() => null);
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
    clearTimeout(again);
    if ($("[data-again]", desk)) again = setTimeout(() => location.reload(), 3000);
  }

  keys.addEventListener("click", (event) => { if (event.target === keys) keys.close(); });
  enhance();
}
