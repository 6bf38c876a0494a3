// The order of clusters: rows are dragged, and Alt with the arrow keys moves one.

import { find, findAll } from "../lib/dom.js";
import { orderRows } from "../lib/ordering.js";

const form = find("#cluster-order");

if (form) {
  for (const row of findAll(".order-row", form)) row.draggable = true;
  find(".order-keys").hidden = false;
  // The row that was moved has focus for the next key. The browser itself moves focus to the place
  // that the address names before the event `load`.
  addEventListener("load", () => {
    if (/^#cluster-\d+$/.test(location.hash)) find(`${location.hash}.order-row a`)?.focus();
  });
  orderRows(".order-row", () => form.requestSubmit());
}
