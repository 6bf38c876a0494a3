// Keyboard shortcuts of every page: which key was pressed, and whether it may act now.

const OFF = "reading-room-keys-off";
const BUTTONS = ["button", "checkbox", "radio", "reset", "submit"].map((type) => `[type=${type}]`);
const FIELDS = `input:not(${BUTTONS}), textarea, select, [contenteditable]:not([contenteditable=false])`;
const MODIFIERS = ["Alt", "AltGraph", "CapsLock", "Control", "Meta", "Shift"];
// A second key has to follow its first within this time, in milliseconds.
const PREFIX = 1500;
// After a key that loads another page, keys do nothing for at most this time, in milliseconds.
const LEAVING = 5000;

const actions = {};
const repeating = new Set();
let expected = null;
let expiry;
let heldCode = "";
let leavingUntil = 0;

export const isComposing = (event) => event.isComposing || event.keyCode === 229;
export const isModifier = (event) => MODIFIERS.includes(event.key);
export const isModified = (event) =>
  event.ctrlKey || event.metaKey || event.altKey || event.getModifierState?.("AltGraph");
export const isField = (node) => Boolean(node?.closest?.(FIELDS));

export function areOff() {
  return Boolean(localStorage.getItem(OFF));
}

export function switchOff(isOff) {
  if (isOff) localStorage.setItem(OFF, "1");
  else localStorage.removeItem(OFF);
}

// Return the name of a key by its position on an English keyboard.
function nameOfPlace({ code, shiftKey }) {
  if (code === "Quote") return shiftKey ? '"' : "'";
  if (code === "Slash") return shiftKey ? "?" : "/";
  if (shiftKey) return "";
  if (code === "BracketLeft") return "[";
  if (code === "BracketRight") return "]";
  return /^(?:Key([A-Z])|Digit([0-9]))$/.exec(code)?.slice(1).join("").toLowerCase() ?? "";
}

// Return the names of the pressed key, the best first. A Latin letter has its own name; any other
// key also has the name of its position, so that в on a Russian keyboard is also d.
export function namesOf(event) {
  const { key, shiftKey } = event;
  if (/^[a-z]$/i.test(key)) return [shiftKey ? key : key.toLowerCase()];
  return [key, nameOfPlace(event)].filter(Boolean);
}

export function mayAct(event) {
  if (event.defaultPrevented || isModifier(event) || isModified(event) || isComposing(event)) return false;
  if (areOff() || Date.now() < leavingUntil) return false;
  return !isField(event.target) && !document.querySelector("dialog[open]");
}

// Ignore repeats of a key that has acted until it is released, also in a field that it focused.
export function hold(event) {
  heldCode = event.code;
}

export function leave() {
  leavingUntil = Date.now() + LEAVING;
}

function cancel() {
  clearTimeout(expiry);
  expected = null;
}

// Add actions by the name of their key; an object instead of a function has the keys that may
// follow. Those in `repeats` also act while their key is held.
export function add(more, { repeats = [] } = {}) {
  Object.assign(actions, more);
  for (const name of repeats) repeating.add(name);
}

document.addEventListener("keydown", (event) => {
  if (!event.repeat) heldCode = "";
  else if (heldCode && event.code === heldCode) {
    event.preventDefault();
    event.stopImmediatePropagation();
  }
}, true);
document.addEventListener("keyup", (event) => { if (event.code === heldCode) heldCode = ""; }, true);
document.addEventListener("keydown", (event) => {
  if (isModifier(event)) return;
  const known = expected ?? actions;
  cancel();
  if (!mayAct(event)) return;
  const name = namesOf(event).find((each) => Object.hasOwn(known, each));
  if (name === undefined || (event.repeat && !repeating.has(name))) return;
  event.preventDefault();
  if (!repeating.has(name)) hold(event);
  const action = known[name];
  if (typeof action === "function") action();
  else {
    expected = action;
    expiry = setTimeout(cancel, PREFIX);
  }
});
for (const type of ["pointerdown", "focusin", "blur"]) addEventListener(type, cancel, true);
addEventListener("pageshow", () => { leavingUntil = 0; });
