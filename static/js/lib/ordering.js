// Puts the rows of a list in order: by dragging, and by Alt with the arrow keys.

// `selector` names the rows, which are draggable and have buttons whose values contain `:up` and
// `:down`; `save` is called once a row was dropped in another place.
export function orderRows(selector, save) {
  let dragged = null;
  let list = null;
  let before = [];
  let isDropped = false;

  // Dragging a link or a selection inside a row does not move the row.
  document.addEventListener("dragstart", (event) => {
    if (!event.target.matches?.(selector)) return;
    dragged = event.target;
    list = dragged.parentElement;
    before = [...list.children];
    isDropped = false;
    dragged.classList.add("is-dragged");
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", dragged.querySelector("a")?.textContent.trim() ?? "");
  });
  document.addEventListener("dragover", (event) => {
    if (!dragged || !list.contains(event.target)) return;
    event.preventDefault();
    const row = event.target.closest?.(selector);
    if (!row || row === dragged) return;
    const box = row.getBoundingClientRect();
    row[event.clientY < box.top + box.height / 2 ? "before" : "after"](dragged);
  });
  document.addEventListener("drop", (event) => {
    if (!dragged || !list.contains(event.target)) return;
    event.preventDefault();
    isDropped = true;
  });
  document.addEventListener("dragend", () => {
    if (!dragged) return;
    dragged.classList.remove("is-dragged");
    dragged = null;
    // Cancelled with Escape, or dropped outside.
    if (!isDropped) list.append(...before);
    else if ([...list.children].some((row, place) => row !== before[place])) save();
  });
  document.addEventListener("keydown", (event) => {
    const row = event.target.closest?.(selector);
    if (!row || !event.altKey || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
    event.preventDefault();
    if (event.repeat) return;
    row.querySelector(`[name=move][value*=":${event.key === "ArrowUp" ? "up" : "down"}"]`)?.click();
  });
}
