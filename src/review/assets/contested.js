// The trends on which reviewers differ: the answers of each reviewer, and yes or no for
// each trend. Trends without disagreement are collapsed.

import { button, cap, el, showing } from "./dom.js";
import { agreement } from "./drafts.js";
import { listed, nameOf, settings, state } from "./state.js";
import { about } from "./trends.js";
import { percent } from "./words.js";

/**
 * The rows of a conflict, with the same calls as the rows of a case; `on.settle(key, yes)` for a yes or no.
 */
export function contestedRows(shown, on) {
  const { agreed, contested } = agreement(shown);
  const trends = state.model.trends.filter(({ key }) => contested.includes(key));
  const suggested = new Map((shown.suggestion?.trends ?? []).map((trend) => [trend.key, trend]));
  const numbers = new Map(trends.slice(0, 9).map(({ key }, i) => [key, String(i + 1)]));
  const rows = trends.map((trend) => row(trend, numbers.get(trend.key), suggested.get(trend.key), shown, on));
  const fieldset = el(
    "fieldset",
    { class: "trends contested" },
    el("legend", { class: "unseen" }, "Which of the contested trends apply?"),
    el("ul", {}, rows.map(({ node }) => node)),
    el("details", { class: "agreed" }, el("summary", { onclick: showing(() => {}) }, agreed.length > 0 ? `All agree on ${listed(agreed)}` : "All agree that no other trend applies"),
      el("p", { class: "quiet" }, "What all agree on stays as it is.")),
  );
  return {
    node: fieldset,
    contested: trends.map(({ key }) => key),
    numberOf: (key) => numbers.get(key),
    keyAt: (number) => trends[number - 1]?.key,
    find: () => {},
    next: (key) => trends[(trends.findIndex((trend) => trend.key === key) + 1) % trends.length].key,
    show(draft, focused, locked) {
      fieldset.disabled = locked;
      for (const one of rows) {
        const { key, node, yes, no, why, detail } = one;
        const said = draft.settled?.[key];
        const open = key === focused && settings.details;
        [yes.checked, no.checked] = [said === true, said === false];
        node.classList.toggle("focused", key === focused);
        why.setAttribute("aria-expanded", String(open));
        if (open !== one.open) {
          one.open = open;
          detail.replaceChildren(...(open ? about(key, suggested.get(key), on.jump) : []));
        }
      }
    },
  };
}

function row({ key }, number, suggested, { answers }, on) {
  const id = `contested-${key}`;
  const radio = (value) =>
    el("input", { type: "radio", name: id, onchange: () => on.settle(key, value), onfocus: () => on.focus(key) });
  const [yes, no] = [radio(true), radio(false)];
  const voters = (said) => answers.filter((a) => a.kind === "answer" && a.trends.includes(key) === said).map((a) => a.reviewer);
  const choice = (input, word, said) =>
    el("label", { class: "choice" }, input, el("span", {}, el("strong", {}, word), el("span", { class: "quiet", dir: "auto" }, ` ${voters(said).join(", ")}`)));
  const why = button("Why", showing(() => on.fold(key)), {
    class: "why", "aria-label": `Why: definition and evidence of ${nameOf(key)}`, "aria-expanded": "false", "aria-controls": `${id}-about`,
  });
  const detail = el("div", { id: `${id}-about`, class: "about" });
  const node = el(
    "li",
    { class: "trend", "data-trend": key },
    el("div", { class: "question", role: "radiogroup", "aria-labelledby": `${id}-name` },
      el("p", { class: "name", id: `${id}-name` }, number ? cap(number) : null, number ? " " : null, nameOf(key)),
      el("p", { class: "choices" }, choice(yes, "Yes", true), choice(no, "No", false),
        suggested ? el("span", { class: "quiet" }, `Model: ${percent(suggested.probability)}`) : null)),
    why,
    detail,
  );
  return { key, node, yes, no, why, detail, open: false };
}
