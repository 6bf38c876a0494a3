// Offers the zone that the browser is in, where it is not the reader's already.
"use strict";

const select = document.querySelector("#id_time_zone");
const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
const button = document.querySelector("#own-zone");
if (select && button && own !== select.value && [...select.options].some((option) => option.value === own)) {
  button.hidden = false;
  button.textContent = `Use ${own.replaceAll("_", " ")}, this browser’s`;
  button.addEventListener("click", () => { select.value = own; button.hidden = true; });
}
