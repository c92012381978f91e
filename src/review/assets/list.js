// The list of cases, in pages, with the suggestions of many accepted at once.

import { get } from "./api.js";
import { acceptAll, undo, refreshRecent, whileBusy } from "./decide.js";
import { announce, button, el } from "./dom.js";
import { filterBar } from "./filters.js";
import { fault, message } from "./message.js";
import { patiently } from "./outbox.js";
import { listed, shortName, state } from "./state.js";
import { passes } from "./suggestion.js";
import { count, percent, states } from "./words.js";

const PAGE = 50;

let list = null;
let offset = 0;
let chosen = new Map();
let bulk = null;
let loads = 0;

/** Shows the list as the filter has it. */
export async function openList(main) {
  offset = 0;
  list = el("div", { class: "stage" }, el("p", { class: "message" }, states.loading));
  const heading = el("h2", { class: "unseen", tabindex: "-1", "data-home": true }, "List of cases");
  main.replaceChildren(heading, filterBar(["status", "trend"], () => loadPage(0)), list);
  heading.focus();
  await loadPage(0);
}

/** J and K go from row to row, U takes the last action back. */
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

async function loadPage(from) {
  const load = ++loads;
  const query = { ...state.filter, reviewer: state.reviewer, offset: from, limit: PAGE };
  try {
    const page = await patiently(() => get("/api/cases", query));
    // A newer filter was faster.
    if (load !== loads) return;
    offset = page.offset;
    chosen = new Map();
    list.replaceChildren(...(page.total === 0 ? [none()] : table(page)));
  } catch (error) {
    list.replaceChildren(fault(error, () => loadPage(from)));
  }
}

function none() {
  const filtered = Object.values(state.filter).some((value) => value);
  if (!filtered) return message(states.noCases, [], "no-cases");
  return message({ title: "No case matches the filter", text: "Other words, or fewer of them, may find one." }, [
    ["Clear the filter", () => document.querySelector(".filters .clear").click()],
  ], "no-match");
}

function table({ cases, total, offset, limit }) {
  const can = cases.filter(acceptable);
  const boxes = new Map(can.map((summary) => [summary.id, box(summary)]));
  const all = el("input", { type: "checkbox", id: "choose-all", disabled: can.length === 0, onchange: () => {
    for (const summary of can) {
      boxes.get(summary.id).checked = all.checked;
      choose(summary, all.checked);
    }
  } });
  bulk = button("", accept, { class: "primary", id: "bulk" });
  showBulk();
  const last = Math.min(offset + limit, total);
  return [
    el(
      "div",
      { class: "toolbar" },
      el("label", { class: "pick" }, all, el("span", {}, "Select all on this page")),
      bulk,
      el("p", { class: "quiet", id: "total" }, `${offset + 1}–${last} of ${count(total, "case")}`),
    ),
    el(
      "table",
      { class: "cases" },
      el("caption", { class: "unseen" }, "Cases"),
      el("thead", {}, el("tr", {}, ["Select", "Case", "Suggested", "Status"].map((title) => el("th", { scope: "col" }, title)))),
      el("tbody", {}, cases.map((summary) => row(summary, boxes.get(summary.id)))),
    ),
    el(
      "nav",
      { class: "pages", "aria-label": "Pages of the list" },
      button("Previous page", () => loadPage(offset - limit), { disabled: offset === 0 }),
      button("Next page", () => loadPage(offset + limit), { disabled: last >= total }),
    ),
  ];
}

// Only what waits, whose suggestion is in sight, is accepted in bulk.
const acceptable = ({ status, suggestion, mine, held_by }) => status === "open" && suggestion !== null && mine === null && held_by === null;

function box(summary) {
  return el("input", { type: "checkbox", "aria-label": `Select ${summary.title || summary.id}`, onchange: (event) => choose(summary, event.target.checked) });
}

function choose(summary, on) {
  if (on) chosen.set(summary.id, summary);
  else chosen.delete(summary.id);
  showBulk();
}

function showBulk() {
  bulk.textContent = chosen.size === 0 ? "Accept suggestions" : `Accept ${count(chosen.size, "suggestion")}`;
  bulk.disabled = chosen.size === 0;
}

function row(summary, box) {
  const { id, title, suggestion, suggestion_hidden } = summary;
  return el(
    "tr",
    { "data-case": id },
    el("td", { class: "choose" }, box ? el("label", { class: "target" }, box) : null),
    el("td", { class: "title" }, el("a", { href: `#case/${encodeURIComponent(id)}`, dir: "auto" }, title || id), el("span", { class: "quiet" }, id)),
    el("td", { class: "suggested" }, suggestion_hidden ? el("span", { class: "quiet" }, "hidden (blind check)") : chips(suggestion)),
    el("td", { class: "state" }, stateOf(summary)),
  );
}

function chips(suggestion) {
  if (suggestion === null) return null;
  const on = suggestion.trends.filter(passes);
  if (on.length === 0) return el("span", { class: "quiet" }, "no trend");
  return el("ul", { class: "chips" }, on.map(({ key, probability }) => el("li", {}, shortName(key), " ", el("span", { class: "figure" }, percent(probability)))));
}

function stateOf({ status, mine, final, held_by }) {
  if (status === "conflict") return el("span", { class: "tag conflict" }, "conflict");
  if (status === "decided") return final ? `decided: ${listed(final, shortName)}` : "decided";
  if (held_by) return `open, held by ${held_by}`;
  if (mine?.kind === "skip") return "skipped by you";
  return mine ? "waits for another reviewer" : "open";
}

async function accept() {
  if (chosen.size === 0) return;
  const done = await whileBusy("saving", async () => {
    try {
      return await acceptAll([...chosen.values()]);
    } catch (problem) {
      list.prepend(el("p", { class: "notice warn" }, problem.message));
      return undefined;
    }
  });
  if (done === undefined) return;
  await loadPage(offset);
  tell(
    `${count(done.cases.length, "suggestion")} accepted.` +
      (done.refused.length > 0 ? ` Not saved: ${done.refused.map((one) => `${one.case} (${one.title})`).join("; ")}` : ""),
  );
}

async function takeBack() {
  const words = await whileBusy("saving", async () => {
    try {
      const { undone } = await undo();
      await refreshRecent();
      return states.undone(undone.map((one) => one.case));
    } catch (problem) {
      return problem.type === "nothing-to-undo" ? states.nothingToUndo : problem.message;
    }
  });
  await loadPage(offset);
  if (words) tell(words, false);
}

function tell(words, canUndo = true) {
  announce(words);
  list.prepend(el("p", { class: "notice info", id: "told" }, words, " ", canUndo ? button("Undo", takeBack, { class: "small" }) : null));
}
