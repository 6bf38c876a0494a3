// Keys of the desk: each presses the node whose `data-key` names it.

import { find, findAll } from "../../lib/dom.js";
import * as keys from "../../lib/keys.js";
import { goOn, inTurn, send, state } from "./acts.js";
import { desk } from "./page.js";

function nodeFor(names) {
  const nodes = findAll("[data-key]", desk);
  return names.map((name) => nodes.find((node) => node.dataset.key === name)).find(Boolean);
}

// Press a node; return the act that follows, if the page has to wait for one.
function press(node) {
  if (node.disabled) return null;
  if (node.matches("label")) node.control.focus();
  else if (node.form) return () => send(node.form, node);
  else if (node.matches("a:not([target])")) return () => goOn(node);
  else node.click();
  return null;
}

// Do what the browser would have done with a key that waited, in a field or on a button.
function enter(target, key) {
  const event = new KeyboardEvent("keydown", { ...key, bubbles: true, cancelable: true });
  const isHandled = !target.dispatchEvent(event);
  if (isHandled || key.ctrlKey || key.metaKey) return;
  if (keys.isField(target)) edit(target, key.key);
  else if (key.key === "Enter" || key.key === " ") target.click();
}

function edit(field, key) {
  if (key.length === 1) document.execCommand("insertText", false, key);
  else if (key === "Enter" && field.matches("textarea")) document.execCommand("insertLineBreak");
  else if (key === "Backspace") document.execCommand("delete");
  else if (key === "Delete") document.execCommand("forwardDelete");
}

function isOnButton(key) {
  return ["Enter", " "].includes(key.key) && document.activeElement.matches("a, button, summary");
}

let isReplaying = false;

// Press the keys that waited, one after another, until one begins an act.
async function replay() {
  if (isReplaying) return;
  isReplaying = true;
  try {
    while (state.typed.length && !state.running && !state.isLeaving) {
      replayKey(state.typed.shift(), document.activeElement);
      // The list of a field opens before the next key.
      await new Promise((resolve) => { setTimeout(resolve); });
    }
  } finally {
    isReplaying = false;
  }
}

function replayKey(key, target) {
  if (keys.isField(target) || isOnButton(key)) return enter(target, key);
  const node = key.repeat ? null : nodeFor(key.names);
  const act = node && press(node);
  if (act) inTurn(act);
}

// Whether a trusted key is pressed while an act runs or other keys wait.
function isEarly(event) {
  if (!event.isTrusted || !event.key || (!state.running && !state.typed.length)) return false;
  return !keys.isModifier(event) && !keys.isComposing(event);
}

// Whether a key writes text or saves it.
function isText(event) {
  if (event.key === "Tab") return false;
  if (!keys.isModified(event)) return true;
  if (event.key.length === 1) return event.getModifierState("AltGraph");
  return event.key === "Enter" && (event.ctrlKey || event.metaKey);
}

function isForDesk(event) {
  if (!isText(event)) return false;
  if (keys.isField(event.target)) return desk.contains(event.target);
  return !keys.areOff() && (state.typed.length > 0 || !isOnButton(event));
}

// In the capture phase, before the handlers of fields, so that keys keep their order.
document.addEventListener("keydown", (event) => {
  if (!isEarly(event) || !isForDesk(event) || find("dialog[open]") || state.isLeaving) return;
  const isInField = keys.isField(event.target);
  event.preventDefault();
  event.stopImmediatePropagation();
  if (event.repeat && !isInField) return;
  if (!isInField) keys.hold(event);
  const { key, code, ctrlKey, metaKey, shiftKey, repeat } = event;
  const names = keys.isModified(event) ? [] : keys.namesOf(event);
  state.typed.push({ key, code, ctrlKey, metaKey, shiftKey, repeat, names });
}, true);

document.addEventListener("keydown", (event) => {
  if (!event.isTrusted || event.repeat || state.isLeaving || !keys.mayAct(event)) return;
  const node = nodeFor(keys.namesOf(event));
  if (!node) return;
  event.preventDefault();
  keys.hold(event);
  const act = press(node);
  if (act) inTurn(act);
});

desk.addEventListener("desk:idle", replay);
