// The desk: curators go through issues with the keyboard, and no act loads another page.

import { find, findAll, opensElsewhere } from "../lib/dom.js";
import { goOn, inTurn, send, state } from "./desk/acts.js";
import { enhanceCluster } from "./desk/cluster.js";
import "./desk/keys.js";
import { desk, leaveField, markUnsaved, unsaved } from "./desk/page.js";
import { enhanceTags } from "./desk/tags.js";

// Milliseconds after which the page is loaded again, where proposals are not ready yet.
const RELOAD_DELAY = 3000;

const help = find("#keys");
// The button whose form is being sent.
let pressed = null;
let reloadTimer;

function enhanceSummary() {
  const text = find("#summary");
  text?.addEventListener("input", markUnsaved);
  text?.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      leaveField();
      inTurn(() => send(text.form, null));
    } else if (event.key === "Escape") leaveField();
  });
}

function enhance() {
  enhanceCluster();
  enhanceTags();
  enhanceSummary();
  markUnsaved();
  for (const node of findAll("[data-key]:not(label)", desk)) {
    node.setAttribute("aria-keyshortcuts", node.dataset.key);
  }
  clearTimeout(reloadTimer);
  if (find("[data-again]", desk)) reloadTimer = setTimeout(() => location.reload(), RELOAD_DELAY);
}

document.addEventListener("submit", (event) => {
  const { target: form, submitter } = event;
  if (!desk.contains(form) || form.method !== "post") return;
  event.preventDefault();
  // The button was pressed again before the response.
  if (pressed && pressed === submitter) return;
  pressed = submitter;
  inTurn(() => send(form, submitter)).then(() => { if (pressed === submitter) pressed = null; });
});
document.addEventListener("click", (event) => {
  if (opensElsewhere(event)) return;
  const opener = event.target.closest?.("[data-open]");
  if (opener) return document.getElementById(opener.dataset.open).showModal();
  const link = event.target.closest?.("#do-next");
  if (!link) return;
  event.preventDefault();
  if (event.detail < 2) inTurn(() => goOn(link));
});
help.addEventListener("click", (event) => {
  if (event.target === help) help.close();
});
addEventListener("beforeunload", (event) => {
  if (!state.isLeaving && unsaved().length) event.preventDefault();
  // The reload must not interrupt the way to another page.
  clearTimeout(reloadTimer);
});
// The browser may restore this page from its cache, and then its keys act again.
addEventListener("pageshow", () => { state.isLeaving = false; });

desk.addEventListener("desk:renewed", enhance);
enhance();
