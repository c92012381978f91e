// Queue, search and filters above a case or a list.

import { el, button } from "./dom.js";
import { shortName, state, update } from "./state.js";
import { queues } from "./words.js";

const STATUSES = [
  ["", "any"],
  ["open", "open"],
  ["decided", "decided"],
  ["conflict", "in conflict"],
  ["mine", "answered by me"],
  ["skipped", "skipped by me"],
];

/** The part of the filter that a queue takes: it holds open cases only. */
export function queueFilter() {
  const { q, suggested } = state.filter;
  const filter = { q: q || undefined, suggested: suggested || undefined };
  return filter.q || filter.suggested ? filter : undefined;
}

/**
 * The bar of a view. `parts` names which of "queue", "status" and "trend" it has beside search and suggestion;
 * `change({ queue })` is called after the filter, or the queue, has changed.
 */
export function filterBar(parts, change) {
  const filtered = () => Object.values(state.filter).some((value) => value);
  const set = (name) => (event) => {
    update({ filter: { ...state.filter, [name]: event.target.value } });
    clear.hidden = !filtered();
    change({});
  };
  const search = el("input", { type: "search", id: "search", name: "q", value: state.filter.q ?? "", autocomplete: "off", placeholder: "Search the cases", onchange: set("q") });
  const queue = select("Queue", "queue", Object.entries(queues).filter(([name]) => name !== "conflict").map(([name, { name: label, about }]) => [name, `${label}: ${about}`]), state.queue, (event) => change({ queue: event.target.value }));
  const trends = state.model.trends.map(({ key }) => [key, shortName(key)]);
  const clear = button("Clear", () => {
    update({ filter: {} });
    for (const field of bar.querySelectorAll("input, select:not([name=queue])")) field.value = "";
    clear.hidden = true;
    change({});
  }, { class: "small clear", hidden: !filtered() });
  const bar = el(
    "form",
    { class: `filters ${parts.includes("queue") ? "brief" : ""}`, role: "search", "aria-label": "Cases", onsubmit: (event) => event.preventDefault() },
    parts.includes("queue") ? queue : null,
    el("label", { class: "grow" }, el("span", {}, "Search"), search),
    parts.includes("status") ? select("Status", "status", STATUSES, state.filter.status, set("status")) : null,
    select("Suggested", "suggested", [["", parts.includes("queue") ? "Any suggestion" : "any"], ...trends, ["-", "no trend"]], state.filter.suggested, set("suggested")),
    parts.includes("trend") ? select("Decision", "trend", [["", "any"], ...trends, ["-", "no trend applies"]], state.filter.trend, set("trend")) : null,
    clear,
  );
  return folded(bar, parts.includes("queue") ? "Queue and filters" : "Filters");
}

// On a phone the bar is folded away until it is needed.
function folded(bar, title) {
  const fold = el("details", { class: "filters-fold" }, el("summary", {}, title), bar);
  const narrow = matchMedia("(max-width: 44rem)");
  const fit = () => {
    fold.open = !narrow.matches;
    fold.firstChild.hidden = !narrow.matches;
  };
  narrow.addEventListener("change", fit);
  fit();
  return fold;
}

function select(label, name, options, chosen, onchange) {
  return el(
    "label",
    {},
    el("span", {}, label),
    el("select", { name, onchange }, options.map(([value, text]) => el("option", { value, selected: value === (chosen ?? "") }, text))),
  );
}
