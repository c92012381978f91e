// The list of cases, in pages, with filters, sorting and bulk acceptance.

import { get } from "./api.js";
import { acceptAlone, acceptSelected, isSure } from "./bulk.js";
import { undo } from "./decide.js";
import { announce, button, el } from "./dom.js";
import { isFiltered, listBar, listFilter } from "./filters.js";
import { hiddenFor } from "./guidance.js";
import { fault, message } from "./message.js";
import { patiently } from "./outbox.js";
import { listed, shortName, state } from "./state.js";
import { passes } from "./suggestion.js";
import { count, percent, states } from "./words.js";

const PAGE = 50;

/** The columns, with their sort keys. */
const COLUMNS = [["Case", "title"], ["Suggested", "suggested"], ["Doubt", "expected-errors"], ["Decision", "decision"], ["Status", "status"]];

/** The position of the reviewer in the list, to return to it. */
const place = { offset: 0, scroll: 0, sort: null, descending: false };

let list = null;
let selected = new Map();
let bulk = null;
let loads = 0;
let acting = false;

addEventListener("scroll", () => state.view === "list" && list?.isConnected && (place.scroll = scrollY), { passive: true });

/** Shows the filtered list at the last position. */
export async function openList(main) {
  const { scroll } = place;
  list = el("div", { class: "stage" }, el("p", { class: "message" }, states.loading));
  const heading = el("h2", { class: "unseen", tabindex: "-1", "data-home": true }, "List of cases");
  main.replaceChildren(heading, listBar(() => loadPage(0)), list);
  heading.focus({ preventScroll: true });
  await loadPage(place.offset, scroll);
}

/** J and K move between rows; U undoes the last action. */
export function listKey(key) {
  const name = key.toLowerCase();
  if (name === "u") takeBack();
  else if (name === "j") step(1);
  else if (name === "k") step(-1);
  else return false;
  return true;
}

function step(by) {
  const links = [...list.querySelectorAll("tbody a")];
  const at = links.findIndex((link) => link.closest("tr").contains(document.activeElement));
  const next = at < 0 ? (by > 0 ? 0 : links.length - 1) : at + by;
  links[Math.max(0, Math.min(next, links.length - 1))]?.focus();
}

async function loadPage(from, scroll = 0) {
  const load = ++loads;
  const order = place.sort === null ? {} : { sort: place.sort, descending: place.descending };
  const query = { ...listFilter(), ...order, reviewer: state.reviewer, offset: Math.max(0, from), limit: PAGE };
  try {
    const page = await patiently(() => get("/api/cases", query));
    // A newer filter was answered first.
    if (load !== loads) return;
    if (page.cases.length === 0 && page.total > 0) return loadPage(Math.floor((page.total - 1) / PAGE) * PAGE);
    place.offset = page.offset;
    selected = new Map();
    list.replaceChildren(...(page.total === 0 ? [none()] : table(page)));
    scrollTo(0, scroll);
  } catch (error) {
    list.replaceChildren(fault(error, () => loadPage(from)));
  }
}

function none() {
  if (!isFiltered()) return message(states.noCases, [], "no-cases");
  return message({ title: "No case matches the filter", text: "Other words, or fewer of them, may find one." }, [
    ["Clear the filter", () => document.querySelector(".filters .clear").click()],
  ], "no-match");
}

function table({ cases, total, offset, limit }) {
  const boxes = new Map(cases.filter(acceptable).map((summary) => [summary.id, box(summary)]));
  const sure = cases.filter((summary) => boxes.has(summary.id) && isSure(summary));
  const all = el("input", { type: "checkbox", id: "choose-all", disabled: sure.length === 0, onchange: () => {
    for (const summary of sure) {
      boxes.get(summary.id).checked = all.checked;
      select(summary, all.checked);
    }
  } });
  bulk = button("", () => act(() => acceptSelected([...selected.values()])), { class: "primary", id: "bulk" });
  showBulk();
  const last = Math.min(offset + limit, total);
  return [
    el(
      "div",
      { class: "toolbar" },
      el("label", { class: "pick" }, all, el("span", {}, "Select all sure ones on this page")),
      bulk,
      button("Accept what the model may decide alone…", () => act(() => acceptAlone(withoutStatus(listFilter()))), { id: "alone" }),
      el("p", { class: "quiet", id: "total" }, `${(offset + 1).toLocaleString("en-GB")}–${last.toLocaleString("en-GB")} of ${count(total, "case")}`),
    ),
    el(
      "table",
      { class: "cases" },
      el("caption", { class: "unseen" }, "Cases"),
      el("thead", {}, el("tr", {}, el("th", { scope: "col", class: "choose" }, "Select"), COLUMNS.map(header))),
      el("tbody", {}, cases.map((summary) => row(summary, boxes.get(summary.id)))),
    ),
    pages(offset, limit, total),
  ];
}

// The safe bulk action applies to open cases, so filters on answers and decisions are
// ignored.
function withoutStatus({ batch, q, suggested, reason, unsure, column, value }) {
  return { batch, q, suggested, reason, unsure, column, value };
}

function header([title, sort]) {
  const here = place.sort === sort;
  const direction = here ? (place.descending ? "descending" : "ascending") : null;
  const arrow = here ? (place.descending ? " ↓" : " ↑") : "";
  // Ascending, then descending, then unsorted.
  const turn = () => {
    [place.sort, place.descending] = !here ? [sort, sort === "expected-errors"] : place.descending === (sort === "expected-errors") ? [sort, !place.descending] : [null, false];
    loadPage(0).then(() => list.querySelector(`[data-sort="${sort}"]`)?.focus({ preventScroll: true }));
  };
  return el("th", { scope: "col", "aria-sort": direction }, button([title, el("span", { "aria-hidden": "true" }, arrow)], turn, { class: "plain sort", "data-sort": sort }));
}

function pages(offset, limit, total) {
  const last = Math.ceil(total / limit);
  const go = (page) => loadPage((page - 1) * limit).then(() => list.querySelector(".cases a")?.focus({ preventScroll: true }));
  const here = Math.floor(offset / limit) + 1;
  const field = el("input", { type: "number", min: "1", max: String(last), value: String(here), "aria-label": "Page", onchange: () => {
    go(Math.max(1, Math.min(last, Number(field.value) || here)));
  } });
  return el(
    "nav",
    { class: "pages", "aria-label": "Pages of the list" },
    button("Previous page", () => go(here - 1), { disabled: here === 1, id: "previous-page" }),
    el("label", {}, "Page ", field, ` of ${last.toLocaleString("en-GB")}`),
    button("Next page", () => go(here + 1), { disabled: here === last, id: "next-page" }),
  );
}

// Only waiting cases with a visible suggestion can be accepted in bulk.
const acceptable = ({ status, suggestion, mine, held_by, flag }) => status === "open" && suggestion !== null && mine === null && held_by === null && flag === null;

function box(summary) {
  return el("input", { type: "checkbox", "aria-label": `Select ${summary.title || summary.id}`, onchange: (event) => select(summary, event.target.checked) });
}

function select(summary, on) {
  if (on) selected.set(summary.id, summary);
  else selected.delete(summary.id);
  showBulk();
}

function showBulk() {
  const unsure = [...selected.values()].filter((summary) => !isSure(summary)).length;
  const words = selected.size === 0 ? "Accept selected" : `Accept ${count(selected.size, "suggestion")}`;
  bulk.textContent = unsure > 0 ? `${words} (${unsure} unsure)` : words;
  bulk.disabled = selected.size === 0;
}

function row(summary, box) {
  const { id, title, suggestion, suggestion_hidden } = summary;
  const hidden = el("span", { class: "quiet" }, `hidden (${hiddenFor(summary).toLowerCase()})`);
  return el(
    "tr",
    { "data-case": id },
    el("td", { class: "choose" }, box ? el("label", { class: "target" }, box) : null),
    el("td", { class: "title" }, el("a", { href: `#case/${encodeURIComponent(id)}`, dir: "auto" }, title || id), el("span", { class: "quiet" }, id)),
    el("td", { class: "suggested", "data-label": "Suggested" }, suggestion_hidden ? hidden : chips(suggestion)),
    el("td", { class: "doubt", "data-label": "Doubt" }, suggestion === null ? null : doubt(summary)),
    el("td", { class: "decision", "data-label": "Decision" }, decision(summary)),
    el("td", { class: "state", "data-label": "Status" }, statusOf(summary)),
  );
}

function chips(suggestion) {
  if (suggestion === null) return null;
  const on = suggestion.trends.filter(passes);
  if (on.length === 0) return el("span", { class: "quiet" }, "no trend");
  return el("ul", { class: "chips" }, on.map(({ key, probability }) => el("li", {}, shortName(key), " ", el("span", { class: "figure" }, percent(probability)))));
}

function doubt({ suggestion }) {
  if (isSure({ suggestion })) return el("span", { class: "tag sure" }, "sure");
  const others = suggestion.review_reasons.filter((code) => code !== "unsure").map((code) => el("span", { class: "tag unsure" }, state.model.review_reasons[code] ?? code));
  const trends = (suggestion.unsure_trends ?? []).map(shortName);
  return [others, trends.length > 0 ? el("span", { class: "quiet" }, `unsure about ${trends.join(", ")}`) : others.length === 0 ? el("span", { class: "quiet" }, "unsure") : null];
}

function decision({ status, final, flag, bulk, suggestion, blind_check, spot_check }) {
  if (status !== "decided" || flag === "unusable") return null;
  const suggested = suggestion?.trends.filter(passes).map(({ key }) => key) ?? [];
  const same = final !== null && suggested.length === final.length && suggested.every((key) => final.includes(key));
  return [
    final ? listed(final, shortName) : null,
    final && suggestion && !same ? el("span", { class: "tag mine" }, blind_check || spot_check ? "differs" : "changed") : null,
    bulk ? el("span", { class: "tag" }, "in bulk") : null,
  ];
}

function statusOf({ status, mine, held_by, flag }) {
  if (flag === "unusable") return el("span", { class: "tag unsure" }, "unusable");
  if (status === "conflict") return el("span", { class: "tag unsure" }, "conflict");
  if (status === "decided") return "decided";
  if (flag === "ask-colleague") return el("span", { class: "tag" }, "a colleague is asked");
  if (held_by) return `open, with ${held_by}`;
  if (mine?.kind === "skip") return "skipped by you";
  return mine ? "waits for another reviewer" : "open";
}

// An action on many cases, with its result above the list.
async function act(action, canUndo = true) {
  if (acting) return;
  acting = true;
  let words;
  try {
    words = await action();
  } catch (problem) {
    words = problem.type === "nothing-to-undo" ? states.nothingToUndo : problem.message;
    canUndo = false;
  } finally {
    acting = false;
  }
  if (!words) return;
  await loadPage(place.offset);
  tell(words, canUndo);
}

function takeBack() {
  return act(async () => {
    const undone = await undo();
    return undone === null ? null : states.undone(undone.undone.map((one) => one.case));
  }, false);
}

function tell(words, canUndo = true) {
  announce(words);
  list.prepend(el("p", { class: "notice info", id: "told" }, words, " ", canUndo ? button("Undo", takeBack, { class: "small" }) : null));
}
