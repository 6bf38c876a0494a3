// Short forms for finding, making and loading elements.

export const find = (selector, root = document) => root.querySelector(selector);
export const findAll = (selector, root = document) => [...root.querySelectorAll(selector)];

export function make(name, properties = {}, attributes = {}) {
  const node = Object.assign(document.createElement(name), properties);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
}

// Whether the browser opens the link of this click in another tab or window.
export const opensElsewhere = (event) => event.ctrlKey || event.metaKey || event.shiftKey;

// Return the page that a response of `fetch` contains, as a document.
export async function parse(response) {
  return new DOMParser().parseFromString(await response.text(), "text/html");
}
