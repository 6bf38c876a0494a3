// The tags of an issue: a chip for each, and a field for the next. The hidden text area is sent.

import { find, make } from "../../lib/dom.js";
import { inTurn, send } from "./acts.js";
import { combobox } from "./combobox.js";
import { desk, isUnsaved, leaveField, markUnsaved } from "./page.js";

// Milliseconds after which a search for tags is aborted, because keys wait for it.
const SEARCH_TIMEOUT = 5000;

async function fetchTags(text) {
  const signal = AbortSignal.timeout(SEARCH_TIMEOUT);
  const address = `${desk.dataset.tags}?${new URLSearchParams({ q: text })}`;
  const response = await fetch(address, { signal }).catch(() => null);
  return response?.ok && !response.redirected ? (await response.json()).tags : [];
}

export function enhanceTags() {
  const text = find("#tags");
  if (!text) return;
  const box = make("div", { className: "desk-tags" });
  const chips = make("ul", { className: "desk-chips" }, { "aria-label": "Tags" });
  const input = make("input", { id: "tags-input", type: "text", placeholder: "Add a tag" });
  input.dataset.of = "Tags in use";
  const help = find("#tags-help");
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
    // The next key acts on the page, not on the field.
    leaveField();
    if (isUnsaved(text)) inTurn(() => send(text.form, null));
  };

  text.hidden = true;
  find("label[for=tags]").htmlFor = input.id;
  box.append(chips, input);
  text.after(box);
  const list = combobox(input, {
    async search(typed) {
      if (!typed.trim()) return [];
      const tags = await fetchTags(typed);
      return tags.filter((each) => !isIn(each.name)).map((each) => ({
        value: each.name,
        label: each.name,
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
