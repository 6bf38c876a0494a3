// Keeps drafts on this device until they are saved, and sets marks around what is selected.
"use strict";

const SAVING = "reading-room-saving";

function fieldsOf(form) { return [...form.querySelectorAll("textarea")]; }

function read(key) {
  try { return JSON.parse(localStorage.getItem(key)); } catch { return null; }
}

// A page that shows a note just saved ends its draft.
const saving = sessionStorage.getItem(SAVING);
if (saving) {
  sessionStorage.removeItem(SAVING);
  if (location.hash.startsWith("#note-")) localStorage.removeItem(saving);
}

for (const form of document.querySelectorAll("form[data-draft]")) {
  const key = `reading-room-draft ${form.dataset.draft}`;
  const said = form.querySelector(".draft-said");
  const discard = form.querySelector("[data-discard]");
  const original = fieldsOf(form).map((field) => field.value);
  const isSame = () => fieldsOf(form).every((field, index) => field.value === original[index]);

  const draft = read(key);
  // What the server sent back, unsaved, is newer than what was kept here.
  if (draft && !form.querySelector("[aria-invalid]") && !document.querySelector(".conflict, .note-preview")) {
    for (const field of fieldsOf(form)) field.value = draft[field.name] ?? field.value;
    const kind = form.querySelector(`[name=kind][value="${draft.kind}"]`);
    if (kind && !location.search.includes("kind=")) kind.checked = true;
    if (!isSame()) {
      said.textContent = "Draft restored";
      discard.hidden = false;
    }
  }

  form.addEventListener("input", () => {
    if (isSame()) localStorage.removeItem(key);
    else {
      const kept = { kind: form.querySelector("[name=kind]:checked")?.value };
      for (const field of fieldsOf(form)) kept[field.name] = field.value;
      localStorage.setItem(key, JSON.stringify(kept));
    }
    said.textContent = isSame() ? "" : "Draft kept on this device";
    discard.hidden = isSame();
  });
  discard.addEventListener("click", () => {
    fieldsOf(form).forEach((field, index) => { field.value = original[index]; });
    localStorage.removeItem(key);
    said.textContent = "";
    discard.hidden = true;
    fieldsOf(form).at(-1).focus();
  });
  form.addEventListener("submit", () => sessionStorage.setItem(SAVING, key));
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.isComposing) form.querySelector(".button-save").click();
  });

  for (const tool of form.querySelectorAll(".tool[hidden]")) {
    tool.hidden = false;
    tool.addEventListener("click", () => {
      const field = form.querySelector("[name=body]");
      const { selectionStart: start, selectionEnd: end, value } = field;
      const chosen = value.slice(start, end);
      const text = tool.dataset.wrap
        ? tool.dataset.wrap + chosen + tool.dataset.wrap
        : chosen.split("\n").map((line) => `- ${line}`).join("\n");
      field.focus();
      field.setRangeText(text, start, end, "end");
      if (!chosen && tool.dataset.wrap) field.selectionEnd = field.selectionStart = start + tool.dataset.wrap.length;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    });
  }
}

document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-add-quote]") || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const form = document.querySelector("#new-note");
  form.querySelector("[value=quote]").checked = true;
  form.querySelector("[name=quote]").focus();
});

// The key for a note leads here from a list. Before the page has loaded, the browser moves focus to
// the place that the address names.
addEventListener("load", () => {
  if (location.hash === "#new-note") document.querySelector("#new-note [name=body]")?.focus();
});
