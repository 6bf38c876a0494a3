// Shortens the way of the catalog's filter: what is chosen is asked at once, in place.
"use strict";

{
  const catalog = document.getElementById("catalog");
  const form = document.getElementById("filter");
  const column = document.getElementById("facet-column");
  const dialog = document.getElementById("filters");
  const field = document.getElementById("id_q");
  const narrow = matchMedia("(max-width: 860px)");
  const find = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  // What the request under way began from, to put focus where it belongs when it is done.
  let asked = null;

  // Without a kept copy of the page, going back loads it anew.
  htmx.config.refreshOnHistoryMiss = true;
  catalog.classList.add("is-live");

  document.addEventListener("change", ({ target }) => {
    if (target.form === form && target.matches("[type=checkbox], select")) form.requestSubmit();
  });

  // An address names only what is chosen.
  catalog.addEventListener("htmx:configRequest", (event) => {
    const { formData } = event.detail;
    for (const [name, value] of [...formData.entries()]) if (value === "") formData.delete(name);
  });

  catalog.addEventListener("htmx:beforeRequest", ({ target }) => {
    asked = {
      cards: target.rel === "next" ? all(".card", catalog).length : 0,
      chip: all(".chip-remove", catalog).indexOf(target),
      clears: target.matches(".search-clear"),
    };
  });

  // A filter that is refused comes back as a page of its own, with what is to be mended.
  catalog.addEventListener("htmx:beforeSwap", ({ detail }) => {
    if (detail.xhr.status === 422) Object.assign(detail, { shouldSwap: true, isError: false });
    if (detail.shouldSwap && asked) asked.folds = new Map(all("#facets details").map((each) => [each.id, each.open]));
  });

  catalog.addEventListener("htmx:afterRequest", () => {
    if (!asked?.folds) return;
    const { cards, chip, clears, folds } = asked;
    asked = null;
    if (cards) { showMore(cards); return; }
    for (const each of all("#facets details:not(.facet-wrong)")) each.open = folds.get(each.id) ?? each.open;
    const results = document.getElementById("results");
    if (clears || document.activeElement !== field) field.value = results.dataset.q;
    find("#filters-count").textContent = results.dataset.said;
    for (const next of all("input[name=next]")) next.value = location.pathname + location.search;
    if (clears) field.focus();
    else if (chip >= 0) (all(".chip-remove")[chip] ?? all(".chip-remove").at(-1) ?? results).focus();
    else if (document.activeElement === document.body) results.focus({ preventScroll: true });
  });

  function showMore(before) {
    const cards = all(".card", catalog);
    find(".more-back")?.remove();
    find("#shown").textContent = cards.length;
    find(".card-title a", cards[before] ?? document)?.focus();
  }

  // What goes wrong here lost nothing: the address itself says what it is.
  catalog.addEventListener("htmx:responseError", (event) => {
    event.stopPropagation();
    location.assign(event.detail.pathInfo.finalRequestPath);
  });
  catalog.addEventListener("htmx:sendError", (event) => {
    event.stopPropagation();
    find("#count").textContent = "The server cannot be reached. Try again.";
  });

  // On a small screen the filters stand in a dialog, which the form is moved into.
  function openFilters() {
    find("#filters-body").append(form);
    find("#filters-count").textContent = document.getElementById("results").dataset.said;
    dialog.showModal();
  }
  dialog.addEventListener("close", () => {
    column.append(form);
    document.getElementById("filters-link")?.focus();
  });
  narrow.addEventListener("change", () => dialog.close());
  document.addEventListener("click", (event) => {
    const link = event.target.closest("#filters-link");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) { event.preventDefault(); openFilters(); }
    if (event.target.closest("[data-close]")) dialog.close();
  });

  shortcuts.add({ f: () => {
    if (narrow.matches) openFilters();
    else (find("#facets details[open] input") ?? find("#facets summary"))?.focus();
  } });
}
