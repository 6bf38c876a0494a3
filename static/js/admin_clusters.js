// Shortens the way of putting clusters in order: rows are dragged, and Alt with the arrow keys moves one.
"use strict";

{
  const form = document.getElementById("cluster-order");
  const rows = () => [...form.querySelectorAll(".order-row")];
  let dragged = null;
  let before = [];

  if (form) {
    for (const row of rows()) row.draggable = true;
    document.querySelector(".order-keys").hidden = false;
    // A row that has been moved is in hand again, for the next key; not before the browser is done
    // with the address, for then it takes focus away.
    addEventListener("load", () => {
      if (/^#cluster-\d+$/.test(location.hash)) document.querySelector(`${location.hash}.order-row a`)?.focus();
    });

    form.addEventListener("dragstart", (event) => {
      dragged = event.target.closest?.(".order-row");
      if (!dragged) return;
      before = rows();
      dragged.classList.add("is-dragged");
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setData("text/plain", "");
    });
    form.addEventListener("dragover", (event) => {
      const row = dragged && event.target.closest?.(".order-row");
      if (!row) return;
      event.preventDefault();
      if (row === dragged) return;
      const box = row.getBoundingClientRect();
      row[event.clientY < box.top + box.height / 2 ? "before" : "after"](dragged);
    });
    form.addEventListener("drop", (event) => { if (dragged) event.preventDefault(); });
    form.addEventListener("dragend", (event) => {
      if (!dragged) return;
      const list = dragged.parentElement;
      dragged.classList.remove("is-dragged");
      dragged = null;
      // Given up with Escape, or let go outside.
      if (event.dataTransfer.dropEffect === "none") list.append(...before);
      else if (rows().some((row, place) => row !== before[place])) form.requestSubmit();
    });
    form.addEventListener("keydown", (event) => {
      const row = event.target.closest?.(".order-row");
      if (!row || !event.altKey || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
      event.preventDefault();
      row.querySelector(`button[value$=":${event.key === "ArrowUp" ? "up" : "down"}"]`)?.click();
    });
  }
}
