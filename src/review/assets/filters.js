// Queue, search and filters above a case or a list.

import { get } from "./api.js";
import { button, el } from "./dom.js";
import { patiently } from "./outbox.js";
import { shortName, state, update } from "./state.js";
import { queues } from "./words.js";

/** The part of the filter that applies to a queue, which contains open cases only. */
export function queueFilter() {
  const { q, suggested } = state.filter;
  return { batch: state.batch || undefined, q: q || undefined, suggested: suggested || undefined };
}

/** The whole filter, for the list and the safe bulk action. */
export function listFilter() {
  const filter = given({ ...state.filter, batch: state.batch });
  if (filter.column === undefined || filter.value === undefined) {
    delete filter.column;
    delete filter.value;
  }
  return filter;
}

const given = (filter) => Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== "" && value !== undefined));

/** Whether the reviewer filters by anything beside the batch. */
export const isFiltered = () => Object.keys(given(state.filter)).length > 0;

/** Whether cases wait in a queue for the reviewer, or were skipped by them. */
const waits = (name) => state.queues.some((one) => one.name === name && one.open + one.skipped > 0);

/** The bar of the review view; `change({ queue })` is called after the filter, or the queue, has changed. */
export function queueBar(change) {
  const { set, clear, bar } = parts(change);
  const choices = Object.entries(queues).filter(([name]) => name !== "conflict" && (name !== "new-trends" || name === state.queue || waits(name))).map(([name, { name: label }]) => [name, label]);
  const trends = state.model.trends.map(({ key }) => [key, shortName(key)]);
  return folded("Queue and filters", bar(
    "filters brief",
    select("Queue", "queue", choices, state.queue, (event) => change({ queue: event.target.value })),
    search(set),
    select("Suggested", "suggested", [["", "Any suggestion"], ...trends, ["-", "No trend"]], state.filter.suggested, set("suggested")),
    clear,
  ));
}

/** The bar of the list; `change({})` is called after the filter has changed. */
export function listBar(change) {
  const { set, several, clear, bar } = parts(change);
  const trends = state.model.trends.map(({ key }) => [key, shortName(key)]);
  const f = state.filter;
  const status = f.flag ? `flag:${f.flag}` : f.bulk ? "bulk:true" : f.status ? `status:${f.status}` : "";
  const doubt = f.alone !== undefined ? `alone:${f.alone}` : f.unsure ? `unsure:${f.unsure}` : "";
  const reasons = Object.entries(state.model.review_reasons);
  const more = el(
    "details",
    { class: "more", open: ["reason", "answered_by", "changed", "note", "column"].some((name) => f[name]) },
    el("summary", {}, "More filters"),
    el("div", { class: "filters" },
      select("Reason for review", "reason", [["", "any"], ...reasons], f.reason, set("reason")),
      reviewers(set("answered_by")),
      select("Compared with the model", "changed", [["", "any"], ["true", "changed"], ["false", "as suggested"]], f.changed, set("changed")),
      select("Note", "note", [["", "any"], ["true", "with a note"], ["false", "without a note"]], f.note, set("note")),
      columns(several)),
  );
  return folded("Filters", bar(
    "filters",
    search(set),
    select("Status", "status", [
      ["", "any"], ["status:open", "open"], ["status:decided", "decided"], ["status:conflict", "in conflict"], ["status:mine", "answered by me"],
      ["status:skipped", "skipped by me"], ["flag:ask-colleague", "a colleague is asked"], ["flag:unusable", "unusable"], ["bulk:true", "accepted in bulk"],
    ], status, several(["status", "flag", "bulk"])),
    select("Suggested", "suggested", [["", "any"], ...trends, ["-", "no trend"]], f.suggested, set("suggested")),
    select("Doubt", "doubt", [
      ["", "any"], ["alone:true", "sure: the model may decide alone"], ["alone:false", "a person should decide"],
      ...trends.map(([key, name]) => [`unsure:${key}`, `unsure about ${name}`]),
    ], doubt, several(["alone", "unsure"])),
    select("Decision", "trend", [["", "any"], ...trends, ["-", "no trend applies"]], f.trend, set("trend")),
    clear,
  ), more);
}

// Parts that all bars share: setters of the filter, the button that clears it, and the
// form.
function parts(change) {
  const apply = (changes) => {
    update({ filter: { ...state.filter, ...changes } });
    clear.hidden = !isFiltered();
    change({});
  };
  const set = (name) => (event) => apply({ [name]: event.target.value });
  // A choice "name:value" that represents one of several filters.
  const several = (names) => (event) => {
    const [name, ...value] = event.target.value.split(":");
    apply({ ...Object.fromEntries(names.map((one) => [one, undefined])), ...(name ? { [name]: value.join(":") } : {}) });
  };
  const clear = button("Clear", () => {
    update({ filter: {} });
    for (const field of document.querySelectorAll(".filters-fold input, .filters-fold select:not([name=queue])")) field.value = "";
    clear.hidden = true;
    change({});
  }, { class: "small clear", hidden: !isFiltered() });
  const bar = (kind, ...children) =>
    el("form", { class: kind, role: "search", "aria-label": "Cases", onsubmit: (event) => event.preventDefault() }, children);
  return { set, several, clear, bar };
}

function search(set) {
  const field = el("input", { type: "search", id: "search", name: "q", value: state.filter.q ?? "", autocomplete: "off", placeholder: "Search the cases", onchange: set("q") });
  return el("label", { class: "grow" }, el("span", {}, "Search"), field);
}

// The names of reviewers are requested from the server, because others can join.
function reviewers(onchange) {
  const label = select("Answered by", "answered_by", [["", "any"]], "", onchange);
  patiently(() => get("/api/reviewers")).then(({ reviewers }) => fill(label, reviewers.map((name) => [name, name]), state.filter.answered_by), () => {});
  return label;
}

// The columns of the files, and the values of their cells.
function columns(several) {
  const value = select("Value", "value", [["", "any"]], "", (event) => several(["value"])({ target: { value: event.target.value === "" ? "" : `value:${event.target.value}` } }));
  const column = select("Column", "column", [["", "any"]], "", (event) => {
    offer(event.target.value);
    several(["column", "value"])({ target: { value: event.target.value === "" ? "" : `column:${event.target.value}` } });
  });
  let known = [];
  const offer = (name) => {
    const found = known.find((one) => one.name === name);
    value.querySelector("select").replaceChildren(el("option", { value: "" }, "any"));
    fill(value, (found?.values ?? []).map((one) => [one.value, `${one.value} (${one.cases})`]), state.filter.column === name ? state.filter.value : "");
  };
  patiently(() => get("/api/columns", { batch: state.batch })).then((reply) => {
    known = reply.columns;
    fill(column, known.map(({ name }) => [name, name]), state.filter.column);
    offer(state.filter.column);
  }, () => {});
  return [column, value];
}

function fill(label, options, chosen) {
  label.querySelector("select").append(...options.map(([value, text]) => el("option", { value, selected: value === (chosen ?? "") }, text)));
}

// On a phone, the bar is collapsed until it is needed.
function folded(title, ...children) {
  const fold = el("details", { class: "filters-fold" }, el("summary", {}, title), ...children);
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
