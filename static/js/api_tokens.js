// Copies a secret that is shown, where the browser lets a page write to the clipboard.

import { find, findAll } from "./lib/dom.js";

for (const button of findAll("[data-copy]")) {
  if (!navigator.clipboard) break;
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(find(`#${button.dataset.copy}`).textContent);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Not allowed; select it and copy";
    }
  });
}
