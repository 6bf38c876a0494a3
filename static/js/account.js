// Offers the time zone of the browser, unless the account has it already.

import { find } from "./lib/dom.js";

const select = find("#id_time_zone");
const button = find("#own-zone");
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

if (select && button && zone !== select.value && [...select.options].some(({ value }) => value === zone)) {
  button.hidden = false;
  button.textContent = `Use ${zone.replaceAll("_", " ")}, this browser’s`;
  button.addEventListener("click", () => {
    select.value = zone;
    button.hidden = true;
  });
}
