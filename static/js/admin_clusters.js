// Shortens the way of putting clusters in order: rows are dragged, and Alt with the arrow keys moves one.
"use strict";

{
  const form = document.getElementById("cluster-order");

  if (form) {
    for (const row of form.querySelectorAll(".order-row")) row.draggable = true;
    document.querySelector(".order-keys").hidden = false;
    // A row that has been moved is in hand again, for the next key; not before the browser is done
    // with the address, for then it takes focus away.
    addEventListener("load", () => {
      if (/^#cluster-\d+$/.test(location.hash)) document.querySelector(`${location.hash}.order-row a`)?.focus();
    });
    orderRows(".order-row", () => form.requestSubmit());
  }
}
