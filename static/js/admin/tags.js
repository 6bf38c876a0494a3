// Likely duplicates of tags: one key settles a pair, and the page stays.

import { find, findAll, make, parse } from "../lib/dom.js";
import * as keys from "../lib/keys.js";

const form = find("#settle");
const list = find("#pairs");
const status = find("#said");
const page = find("#content-start");
const pairs = () => findAll(".pair:not([hidden])", list);
// The forms that undo an act, the latest last.
const undos = findAll(".messagelist form.undo");
// A chain of acts: each begins after the one before it.
let acts = Promise.resolve();

find("#keys").hidden = false;
showKeys(list);
if (document.activeElement === document.body) pairs()[0]?.focus({ preventScroll: true });

function showKeys(root) {
  for (const button of findAll("[data-key]", root)) {
    const key = make("kbd", { textContent: button.dataset.key }, { "aria-hidden": "true" });
    button.setAttribute("aria-keyshortcuts", button.dataset.key);
    button.append(" ", key);
  }
}

function go(pair) {
  (pair ?? find("#pairs-none") ?? page).focus();
}

function say(message, isWrong, undoForm = "") {
  const line = make("p", { className: isWrong ? "is-wrong" : "" });
  line.append(message, undoForm);
  status.replaceChildren(line);
}

function inTurn(act) {
  acts = acts.then(act).catch(() => {
    say("This may not be done: the server did not answer as expected. Load the page again.", true);
  });
}

// Send a form, show the message of the response, and return its page.
async function send(address, body, isUndo, pair) {
  const response = await fetch(address, { method: "POST", body });
  const answer = await parse(response);
  if (!response.ok || !find("#pairs", answer)) throw new Error(response.statusText);
  const message = findAll(".messagelist li", answer).at(-1);
  const undoForm = message && find("form.undo", message);
  undoForm?.remove();
  if (undoForm && !isUndo) undos.push(Object.assign(undoForm, { pair }));
  if (message) say(message.textContent.trim(), message.matches(".error, .warning"), undoForm ?? "");
  return answer;
}

// Update this page where a newer one differs; return the pairs that were not on it.
function update(newer) {
  showKeys(newer);
  const fresh = [...find("#pairs", newer).children];
  const ids = fresh.map((each) => each.id);
  for (const each of [...list.children]) if (!ids.includes(each.id)) each.remove();
  const added = [];
  fresh.forEach((each, at) => {
    const shown = document.getElementById(each.id);
    if (!shown) {
      list.insertBefore(document.adoptNode(each), list.children[at] ?? null);
      added.push(each);
    } else if (shown.innerHTML !== each.innerHTML) shown.replaceChildren(...each.childNodes);
  });
  find("#number").replaceWith(find("#number", newer));
  const dismissed = find("#dismissed");
  dismissed.hidden = find("#dismissed", newer).hidden;
  dismissed.replaceChildren(...find("#dismissed", newer).childNodes);
  return added;
}

function settle(button) {
  const pair = button.closest(".pair");
  const address = button.formAction;
  const all = pairs();
  const at = all.indexOf(pair);
  if (pair) {
    pair.hidden = true;
    go(all[at + 1] ?? all[at - 1]);
  }
  inTurn(async () => {
    try {
      const added = update(await send(address, new FormData(form), false, pair?.id));
      if ([document.body, page].includes(document.activeElement)) go(added[0] ?? pairs()[0]);
    } finally {
      // The pair is still on the page only if something went wrong.
      if (pair) pair.hidden = false;
    }
  });
}

function undo(chosen) {
  inTurn(async () => {
    const last = chosen ?? undos.at(-1);
    if (!last) return say("There is nothing more to undo here.", false);
    const added = update(await send(last.action, new FormData(last), true));
    if (undos.includes(last)) undos.splice(undos.indexOf(last), 1);
    go(document.getElementById(last.pair) ?? added[0] ?? pairs()[0]);
  });
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  settle(event.submitter);
});
status.addEventListener("submit", (event) => {
  event.preventDefault();
  undo(event.target);
});

const current = () => document.activeElement.closest(".pair:not([hidden])");
const press = (key) => current()?.querySelector(`[data-key=${key}]`)?.click();
const step = (by) => {
  const all = pairs();
  go(all[Math.max(all.indexOf(current()) + by, 0)] ?? all.at(-1));
};

keys.add({
  j: () => step(1),
  k: () => step(-1),
  u: () => undo(),
  ...Object.fromEntries(["m", "s", "d"].map((key) => [key, () => press(key)])),
}, { repeats: ["j", "k"] });
