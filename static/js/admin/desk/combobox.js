import { make } from "../../lib/dom.js";
import * as keys from "../../lib/keys.js";
import { inTurn } from "./acts.js";

// Milliseconds between the last key and the search.
const DELAY = 120;

// Give a field a list to choose from. `search` returns the options for a text: {value, label,
// detail}; `take` takes one; `enter` takes the text where none is chosen; `leave` leaves the field.
// With `isChosenAtOnce` the first option is always chosen.
export function combobox(input, { search, take, enter, leave, isChosenAtOnce = false }) {
  const list = make("ul", { id: `${input.id}-list`, className: "desk-list", hidden: true }, { role: "listbox" });
  list.setAttribute("aria-label", input.dataset.of);
  for (const [name, value] of Object.entries({
    role: "combobox", "aria-expanded": "false", "aria-autocomplete": "list",
    "aria-controls": list.id, autocomplete: "off", autocapitalize: "off", spellcheck: "false",
  })) input.setAttribute(name, value);
  input.after(list);
  // `turn` counts the searches, so that an older one does not replace the results of a newer one.
  let found = [], current = -1, turn = 0, timer = null, searching = null;

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
    timer = searching = null;
    turn += 1;
    found = [];
    list.replaceChildren();
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    choose(-1);
  }
  function open() {
    clearTimeout(timer);
    timer = null;
    const shown = show().finally(() => { if (searching === shown) searching = null; });
    searching = shown;
    return shown;
  }
  function draw({ label, detail }, at) {
    const node = make("li", { id: `${list.id}-${at}` }, { role: "option", "aria-selected": "false" });
    node.append(make("span", { textContent: label }));
    if (detail) node.append(" ", make("span", { className: "desk-list-detail", textContent: detail }));
    return node;
  }
  async function show() {
    const started = (turn += 1);
    const text = input.value;
    const options = await search(text);
    if (started !== turn || document.activeElement !== input) return;
    const chosen = found[current]?.value;
    found = options;
    list.dataset.text = text;
    list.replaceChildren(...found.map(draw));
    list.hidden = !found.length;
    input.setAttribute("aria-expanded", String(!list.hidden));
    // An option that was chosen during the search stays chosen.
    const stays = isChosenAtOnce ? -1 : found.findIndex((each) => each.value === chosen);
    const isFirst = found.length && (isChosenAtOnce || chosen !== undefined);
    choose(stays < 0 && isFirst ? 0 : stays);
  }
  function accept(at) {
    const option = found[at];
    close();
    take(option);
  }
  function step(by) {
    // Before the first option and after the last, none is chosen.
    const places = found.length + 1;
    choose(((current + 1 + by + places) % places) - 1);
  }
  function move(by) {
    if (!list.hidden) step(by);
    // The search for the text is still under way.
    else if (timer || searching) inTurn(async () => { await (timer ? open() : searching); step(by); });
    else open();
  }
  const actions = {
    ArrowDown: () => move(1),
    ArrowUp: () => move(-1),
    Enter() {
      if (found[current]) return accept(current);
      close();
      enter(input.value, false);
    },
    Escape() {
      const isLeft = list.hidden || isChosenAtOnce;
      close();
      if (isLeft) leave();
    },
  };

  input.addEventListener("input", () => {
    clearTimeout(timer);
    // The option that Enter takes shows before Enter can be pressed.
    if (isChosenAtOnce) return open();
    choose(-1);
    timer = setTimeout(open, DELAY);
  });
  input.addEventListener("keydown", (event) => {
    if (keys.isComposing(event) || event.altKey) return;
    const isWithControl = event.ctrlKey || event.metaKey;
    if (isWithControl && event.key === "Enter") enter(input.value, true);
    else if (!isWithControl && event.key in actions) actions[event.key]();
    else return;
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
