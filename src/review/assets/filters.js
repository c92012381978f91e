// Queue, search and filters above a case or a list.

import { el, button } from "./dom.js";
import { state, update } from "./state.js";
import { queues } from "./words.js";

const STATUSES = [
  ["", "Any state"],
  ["open", "Open"],
  ["decided", "Decided"],
  ["conflict", "Conflict"],
  ["mine", "Answered by me"],
  ["skipped", "Skipped by me"],
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
  const set = (name) => (event) => {
    update({ filter: { ...state.filter, [name]: event.target.value } });
    change({});
  };
  const search = el("input", { type: "search", id: "search", name: "q", value: state.filter.q ?? "", autocomplete: "off", onchange: set("q") });
  const queue = select("Queue", "queue", Object.entries(queues).filter(([name]) => name !== "conflict").map(([name, { name: label, about }]) => [name, `${label}: ${about}`]), state.queue, (event) => change({ queue: event.target.value }));
  const trends = state.model.trends.map(({ key, name }) => [key, name]);
  const bar = el(
    "form",
    { class: "filters", role: "search", "aria-label": "Cases", onsubmit: (event) => event.preventDefault() },
    parts.includes("queue") ? queue : null,
    el("label", { class: "grow" }, el("span", {}, "Search"), search),
    parts.includes("status") ? select("State", "status", STATUSES, state.filter.status, set("status")) : null,
    select("Suggested", "suggested", [["", "Anything"], ...trends, ["-", "None of these"]], state.filter.suggested, set("suggested")),
    parts.includes("trend") ? select("Decided as", "trend", [["", "Anything"], ...trends, ["-", "None of these"]], state.filter.trend, set("trend")) : null,
    button("Clear", () => {
      update({ filter: {} });
      for (const field of bar.querySelectorAll("input, select:not([name=queue])")) field.value = "";
      change({});
    }, { class: "small clear" }),
  );
  return bar;
}

function select(label, name, options, chosen, onchange) {
  return el(
    "label",
    {},
    el("span", {}, label),
    el("select", { name, onchange }, options.map(([value, text]) => el("option", { value, selected: value === (chosen ?? "") }, text))),
  );
}
