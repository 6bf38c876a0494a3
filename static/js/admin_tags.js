// Shortens the way through likely duplicates: one key a pair, and the page stays.
"use strict";

{
  const form = document.getElementById("settle");
  const list = document.getElementById("pairs");
  const said = document.getElementById("said");
  const page = document.getElementById("content-start");
  const pairs = () => [...list.querySelectorAll(".pair:not([hidden])")];
  // The forms that take back what was done, the last one last.
  const undos = [...document.querySelectorAll(".messagelist form.undo")];
  // One act after another: each begins when the one before it is done.
  let acts = Promise.resolve();

  document.getElementById("keys").hidden = false;
  showKeys(list);
  if (document.activeElement === document.body) pairs()[0]?.focus({ preventScroll: true });

  function showKeys(root) {
    for (const button of root.querySelectorAll("[data-key]")) {
      const key = document.createElement("kbd");
      key.textContent = button.dataset.key;
      key.setAttribute("aria-hidden", "true");
      button.setAttribute("aria-keyshortcuts", button.dataset.key);
      button.append(" ", key);
    }
  }

  function go(pair) {
    (pair ?? document.getElementById("pairs-none") ?? page).focus();
  }

  function say(words, isWrong, undo = "") {
    const line = document.createElement("p");
    line.classList.toggle("is-wrong", isWrong);
    line.append(words, undo);
    said.replaceChildren(line);
  }

  function inTurn(act) {
    acts = acts.then(act).catch(() => {
      say("This may not be done: the server did not answer as expected. Load the page again.", true);
    });
  }

  // Send a form, show what the server says, and return the page that it answers with.
  async function send(address, body, isUndo, pair) {
    const response = await fetch(address, { method: "POST", body });
    const answer = new DOMParser().parseFromString(await response.text(), "text/html");
    if (!response.ok || !answer.getElementById("pairs")) throw new Error(response.statusText);
    const message = [...answer.querySelectorAll(".messagelist li")].at(-1);
    const undo = message?.querySelector("form.undo");
    undo?.remove();
    if (undo && !isUndo) undos.push(Object.assign(undo, { pair }));
    if (message) say(message.textContent.trim(), message.matches(".error, .warning"), undo);
    return answer;
  }

  // Bring this page in step with a newer one where they differ; return the pairs new to it.
  function take(newer) {
    showKeys(newer);
    const fresh = [...newer.getElementById("pairs").children];
    const ids = fresh.map((each) => each.id);
    for (const each of [...list.children]) if (!ids.includes(each.id)) each.remove();
    const come = [];
    fresh.forEach((each, at) => {
      const own = document.getElementById(each.id);
      if (!own) {
        list.insertBefore(document.adoptNode(each), list.children[at] ?? null);
        come.push(each);
      } else if (own.innerHTML !== each.innerHTML) own.replaceChildren(...each.childNodes);
    });
    document.getElementById("number").replaceWith(newer.getElementById("number"));
    const apart = document.getElementById("dismissed");
    apart.hidden = newer.getElementById("dismissed").hidden;
    apart.replaceChildren(...newer.getElementById("dismissed").childNodes);
    return come;
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
        const come = take(await send(address, new FormData(form), false, pair?.id));
        if ([document.body, page].includes(document.activeElement)) go(come[0] ?? pairs()[0]);
      } finally {
        // It has gone by now, unless something went wrong.
        if (pair) pair.hidden = false;
      }
    });
  }

  function undo(chosen) {
    inTurn(async () => {
      const last = chosen ?? undos.at(-1);
      if (!last) return say("There is nothing more to undo here.", false);
      const come = take(await send(last.action, new FormData(last), true));
      if (undos.includes(last)) undos.splice(undos.indexOf(last), 1);
      go(document.getElementById(last.pair) ?? come[0] ?? pairs()[0]);
    });
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    settle(event.submitter);
  });
  said.addEventListener("submit", (event) => {
    event.preventDefault();
    undo(event.target);
  });

  const current = () => document.activeElement.closest(".pair:not([hidden])");
  const press = (key) => current()?.querySelector(`[data-key=${key}]`)?.click();
  const step = (by) => {
    const all = pairs();
    go(all[Math.max(all.indexOf(current()) + by, 0)] ?? all.at(-1));
  };

  shortcuts.add({
    j: () => step(1), k: () => step(-1), u: () => undo(),
    ...Object.fromEntries(["m", "s", "d"].map((key) => [key, () => press(key)])),
  }, { repeats: ["j", "k"] });
}
