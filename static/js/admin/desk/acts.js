// Acts of the desk: a form is sent, and the response replaces the page. Each act begins when the page
// shows the result of the one before it.
//
// The desk dispatches `desk:renewed` after its content was replaced, and `desk:idle` when no act runs.

import { find } from "../../lib/dom.js";
import * as keys from "../../lib/keys.js";
import * as page from "./page.js";

// `typed` are the keys that were pressed while an act ran. They act on the page after it.
export const state = { running: 0, typed: [], isLeaving: false };
let acts = Promise.resolve();
let shown = location.pathname + location.search;

export function inTurn(act) {
  state.running += 1;
  acts = acts.then(act).catch(() => {
    refuse("This may not be saved: the server did not answer as expected. Load the page again.");
  }).then(() => {
    state.running -= 1;
    if (!state.running) page.desk.dispatchEvent(new Event("desk:idle"));
  });
  return acts;
}

// Drop the waiting keys, which were meant for the page after the act, and show a message.
function refuse(message = "") {
  const isLost = state.typed.length > 0;
  state.typed.length = 0;
  if (message) page.say(isLost ? `${message} The keys pressed after it did nothing.` : message);
}

function renewed() {
  page.desk.dispatchEvent(new Event("desk:renewed"));
}

function setAddress(url, isNew = false) {
  history[isNew ? "pushState" : "replaceState"](null, "", url);
  shown = location.pathname + location.search;
}

function leave(address = "") {
  state.typed.length = 0;
  keys.leave();
  if (address) location.assign(address);
  else location.reload();
}

// Send a form of the desk, with one of its buttons or null.
export async function send(pressedForm, button) {
  const form = page.currentForm(pressedForm);
  if (!form) return refuse("Not saved: the page has gone on to another issue.");
  const submitter = button && page.currentButton(form, button);
  if (button && !submitter) return refuse("Not saved: the page offers this no more.");
  form.finish?.();
  const response = await fetch(form.action, { method: "POST", body: new FormData(form, submitter) });
  const texts = page.unsaved().filter((text) => text.form !== form);
  const focus = focusNow();
  if (!await page.replacePage(response)) {
    if (!response.redirected) throw new Error(response.statusText);
    // A curator who was signed out meanwhile has to sign in first.
    return leave();
  }
  page.restoreTexts(texts);
  if (response.ok) setAddress(response.url);
  else refuse();
  renewed();
  restoreFocus(focus);
}

function focusNow() {
  const { activeElement } = document;
  const isInDesk = page.desk.contains(activeElement);
  return { id: activeElement.id, isInDesk, field: page.focusedField() };
}

function restoreFocus({ id, isInDesk, field }) {
  if (!isInDesk || (field && page.restoreField(field))) return;
  const node = id && !field && document.getElementById(id);
  if (node && !node.disabled) node.focus({ preventScroll: true });
  else page.leaveField();
}

// Go on to the next issue. The page stays, so that keys for that issue are not lost.
export async function goOn(link) {
  const text = page.unsavedOnce();
  if (text) {
    const name = text.id === "tags" ? "tags are" : "summary is";
    return refuse(`The ${name} not saved. Go on once more to leave without saving.`);
  }
  const response = await fetch(link.href).catch(() => null);
  if (!response?.ok || !await page.replacePage(response)) {
    state.isLeaving = true;
    return leave(link.href);
  }
  setAddress(response.url, true);
  // Without a next issue the waiting keys have no meaning.
  if (!find("#summary")) refuse();
  renewed();
  scrollTo(0, 0);
  page.leaveField();
}

// Back and forward load another issue; a place on this page does not.
addEventListener("popstate", () => {
  if (location.pathname + location.search !== shown) leave();
});
