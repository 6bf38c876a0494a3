// The content of the desk: its message, its unsaved texts, and its replacement by a newer page.

import { find, findAll, make, parse } from "../../lib/dom.js";
import * as keys from "../../lib/keys.js";

export const desk = find("#desk");
const message = find("#said");

export function say(text) {
  message.replaceChildren(make("p", { className: "warning", textContent: text }));
}

export function leaveField() {
  find("#desk-title")?.focus({ preventScroll: true });
}

// Unsaved texts

let isWarned = false;

export const isUnsaved = (text) => text.value !== text.dataset.stands;
export const unsaved = () => findAll("textarea[data-stands]", desk).filter(isUnsaved);

export function markUnsaved() {
  isWarned = false;
  for (const text of findAll("textarea[data-stands]", desk)) {
    find(".desk-unsaved", text.form).hidden = !isUnsaved(text);
  }
}

// Return an unsaved text, but only once until a text changes: the curator is warned once.
export function unsavedOnce() {
  const [text] = unsaved();
  if (!text || isWarned) return null;
  isWarned = true;
  return text;
}

// Replacement

// Return the form that replaced the given one, after an earlier act replaced the page. Return
// undefined if the page shows another issue: the address of a form contains its issue.
export function currentForm(form) {
  if (form.isConnected) return form;
  const address = form.getAttribute("action");
  return findAll("form", desk).find((each) => each.getAttribute("action") === address && each.id === form.id);
}

export function currentButton(form, button) {
  const isSame = (each) => ["type", "id", "name", "value"].every((name) => each[name] === button[name]);
  return button.type === "submit" ? [...form.elements].find(isSame) : undefined;
}

// Return the text and the selection of the field that has focus.
export function focusedField() {
  const field = document.activeElement;
  if (!desk.contains(field) || !keys.isField(field)) return null;
  const { id, value, selectionStart, selectionEnd } = field;
  return { id, value, selection: selectionStart === undefined ? null : [selectionStart, selectionEnd] };
}

export function restoreField({ id, value, selection }) {
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

// Write unsaved texts into the new page, where it shows the same saved text as the page before.
export function restoreTexts(texts) {
  for (const text of texts) {
    const twin = find(`#${text.id}`);
    if (twin && twin.dataset.stands === text.dataset.stands) twin.value = text.value;
  }
}

// Replace the desk by that of a response; return whether the response has one.
export async function replacePage(response) {
  const answer = await parse(response);
  const fresh = find("#desk", answer);
  if (!fresh) return false;
  desk.replaceChildren(...fresh.childNodes);
  for (const place of ["#said", ".breadcrumbs"]) {
    find(place)?.replaceChildren(...(find(place, answer)?.childNodes ?? []));
  }
  document.title = answer.title;
  return true;
}
