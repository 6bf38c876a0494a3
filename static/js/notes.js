// Keeps drafts on this device until they are saved, and puts Markdown around the selected text.

import { find, findAll, opensElsewhere } from "./lib/dom.js";

// The key, in the session storage, of the draft whose form was sent last.
const SAVING = "reading-room-saving";

const fieldsOf = (form) => findAll("textarea", form);

function read(key) {
  try {
    return JSON.parse(localStorage.getItem(key));
  } catch {
    return null;
  }
}

// The page that shows the saved note deletes its draft.
const saving = sessionStorage.getItem(SAVING);
if (saving) {
  sessionStorage.removeItem(SAVING);
  if (location.hash.startsWith("#note-")) localStorage.removeItem(saving);
}

function keepDraft(form) {
  const key = `reading-room-draft ${form.dataset.draft}`;
  const status = find(".draft-said", form);
  const discard = find("[data-discard]", form);
  const original = fieldsOf(form).map((field) => field.value);
  const isSame = () => fieldsOf(form).every((field, index) => field.value === original[index]);

  const draft = read(key);
  // Unsaved text that the server sent back is newer than the draft.
  if (draft && !find("[aria-invalid]", form) && !find(".conflict, .note-preview")) {
    for (const field of fieldsOf(form)) field.value = draft[field.name] ?? field.value;
    const kind = find(`[name=kind][value="${draft.kind}"]`, form);
    if (kind && !location.search.includes("kind=")) kind.checked = true;
    if (!isSame()) {
      status.textContent = "Draft restored";
      discard.hidden = false;
    }
  }

  form.addEventListener("input", () => {
    if (isSame()) localStorage.removeItem(key);
    else {
      const values = { kind: find("[name=kind]:checked", form)?.value };
      for (const field of fieldsOf(form)) values[field.name] = field.value;
      localStorage.setItem(key, JSON.stringify(values));
    }
    status.textContent = isSame() ? "" : "Draft kept on this device";
    discard.hidden = isSame();
  });
  discard.addEventListener("click", () => {
    fieldsOf(form).forEach((field, index) => { field.value = original[index]; });
    localStorage.removeItem(key);
    status.textContent = "";
    discard.hidden = true;
    fieldsOf(form).at(-1).focus();
  });
  form.addEventListener("submit", () => sessionStorage.setItem(SAVING, key));
}

// Put the Markdown of a tool around the selected text, or make a list of its lines.
function format(field, wrap) {
  const { selectionStart: start, selectionEnd: end, value } = field;
  const chosen = value.slice(start, end);
  const text = wrap ? wrap + chosen + wrap : chosen.split("\n").map((line) => `- ${line}`).join("\n");
  field.focus();
  field.setRangeText(text, start, end, "end");
  if (!chosen && wrap) field.selectionEnd = field.selectionStart = start + wrap.length;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

for (const form of findAll("form[data-draft]")) {
  keepDraft(form);
  form.addEventListener("keydown", (event) => {
    const isSaving = event.key === "Enter" && (event.ctrlKey || event.metaKey);
    if (isSaving && !event.isComposing) find(".button-save", form).click();
  });
  for (const tool of findAll(".tool[hidden]", form)) {
    tool.hidden = false;
    tool.addEventListener("click", () => format(find("[name=body]", form), tool.dataset.wrap));
  }
}

document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-add-quote]") || opensElsewhere(event)) return;
  event.preventDefault();
  const form = find("#new-note");
  find("[value=quote]", form).checked = true;
  find("[name=quote]", form).focus();
});

// The key for a note, in a list, opens this address. Before the event `load`, the browser itself
// moves focus to the place that the address names.
addEventListener("load", () => {
  if (location.hash === "#new-note") find("#new-note [name=body]")?.focus();
});
