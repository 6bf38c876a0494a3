// The cluster of an issue, chosen by its number or a part of its title.

import { find, make } from "../../lib/dom.js";
import { inTurn, send } from "./acts.js";
import { combobox } from "./combobox.js";
import { currentForm, leaveField } from "./page.js";

function matches(clusters, text) {
  const query = text.trim().toLowerCase();
  if (/^[0-9]+$/.test(query)) {
    return clusters.filter((each) => each.number.startsWith(query))
      .sort((one, other) => Number(other.number === query) - Number(one.number === query));
  }
  return clusters.filter((each) => query.split(/\s+/).every((word) => each.words.includes(word)));
}

export function enhanceCluster() {
  const select = find("#cluster");
  if (!select) return;
  const clusters = [...select.options].map((option) => ({
    value: option.value, title: option.text, number: option.dataset.number,
    label: `${option.dataset.number} ${option.text}`, words: option.text.toLowerCase(),
  }));
  const input = make("input", { id: "cluster-input", type: "text", value: select.selectedOptions[0].text });
  input.dataset.of = "Clusters";
  select.hidden = true;
  find("#do-cluster").hidden = true;
  find("label[for=cluster]").htmlFor = input.id;
  select.after(input);
  const restore = () => { input.value = select.selectedOptions[0].text; };
  const leave = () => {
    restore();
    leaveField();
  };
  const box = combobox(input, {
    search: (text) => matches(clusters, text),
    leave,
    enter: () => {},
    isChosenAtOnce: true,
    take(option) {
      const isSame = option.value === select.value;
      select.value = option.value;
      leave();
      if (isSame) return;
      inTurn(() => {
        const form = currentForm(select.form);
        if (form) form.elements.cluster.value = option.value;
        return send(form ?? select.form, null);
      });
    },
  });
  input.addEventListener("focus", () => {
    input.value = "";
    input.placeholder = "Its number, or a part of its title";
    box.open();
  });
  input.addEventListener("blur", () => {
    input.placeholder = "";
    restore();
  });
}
