// The filter of the catalog: each choice is sent at once, and its results replace those on the page.

import { find, findAll, opensElsewhere } from "./lib/dom.js";
import * as keys from "./lib/keys.js";

const { htmx } = window;
const catalog = find("#catalog");
const form = find("#filter");
const column = find("#facet-column");
const dialog = find("#filters");
const field = find("#id_q");
const narrow = matchMedia("(max-width: 860px)");
// The place that the request under way began from, which decides where focus goes afterwards.
let origin = null;

// Without a copy of the page in the history, going back loads it again.
htmx.config.refreshOnHistoryMiss = true;
catalog.classList.add("is-live");

document.addEventListener("change", ({ target }) => {
  if (target.form === form && target.matches("[type=checkbox], select")) form.requestSubmit();
});

// The address has no empty parameters.
catalog.addEventListener("htmx:configRequest", (event) => {
  const { formData } = event.detail;
  for (const [name, value] of [...formData.entries()]) if (value === "") formData.delete(name);
});

catalog.addEventListener("htmx:beforeRequest", ({ target }) => {
  origin = {
    cards: target.rel === "next" ? findAll(".card", catalog).length : 0,
    chip: findAll(".chip-remove", catalog).indexOf(target),
    clears: target.matches(".search-clear"),
  };
});

// The response to a filter with errors is a page that says what to correct.
catalog.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (detail.xhr.status === 422) Object.assign(detail, { shouldSwap: true, isError: false });
  if (!detail.shouldSwap || !origin) return;
  origin.folds = new Map(findAll("#facets details").map((each) => [each.id, each.open]));
});

catalog.addEventListener("htmx:afterRequest", () => {
  if (!origin?.folds) return;
  const { cards, chip, clears, folds } = origin;
  origin = null;
  if (cards) showMore(cards);
  else showResults(find("#results"), folds, { chip, clears });
});

function showResults(results, folds, { chip, clears }) {
  for (const each of findAll("#facets details:not(.facet-wrong)")) each.open = folds.get(each.id) ?? each.open;
  if (clears || document.activeElement !== field) field.value = results.dataset.q;
  find("#filters-count").textContent = results.dataset.said;
  for (const next of findAll("input[name=next]")) next.value = location.pathname + location.search;
  if (clears) field.focus();
  else if (chip >= 0) focusChip(chip);
  else if (document.activeElement === document.body) results.focus({ preventScroll: true });
}

function focusChip(place) {
  const chips = findAll(".chip-remove");
  (chips[place] ?? chips.at(-1) ?? find("#results")).focus();
}

function showMore(before) {
  const cards = findAll(".card", catalog);
  find(".more-back")?.remove();
  find("#shown").textContent = cards.length;
  find(".card-title a", cards[before] ?? document)?.focus();
}

// Loading the address itself shows the error page.
catalog.addEventListener("htmx:responseError", (event) => {
  event.stopPropagation();
  location.assign(event.detail.pathInfo.finalRequestPath);
});
catalog.addEventListener("htmx:sendError", (event) => {
  event.stopPropagation();
  find("#count").textContent = "The server cannot be reached. Try again.";
});

// On a small screen the form of the filters moves into a dialog.
function openFilters() {
  find("#filters-body").append(form);
  find("#filters-count").textContent = find("#results").dataset.said;
  dialog.showModal();
}
dialog.addEventListener("close", () => {
  column.append(form);
  find("#filters-link")?.focus();
});
narrow.addEventListener("change", () => dialog.close());
document.addEventListener("click", (event) => {
  const link = event.target.closest("#filters-link");
  if (link && !opensElsewhere(event)) {
    event.preventDefault();
    openFilters();
  }
  if (event.target.closest("[data-close]")) dialog.close();
});

keys.add({
  f: () => {
    if (narrow.matches) openFilters();
    else (find("#facets details[open] input") ?? find("#facets summary"))?.focus();
  },
});
