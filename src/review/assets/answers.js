// The answers on a case: reviewers and the model side by side.

import { el } from "./dom.js";
import { clock, percent } from "./words.js";

/** A table with a row for each trend; each column is `{ title, about, trends, probabilities }`. */
export function comparison(trends, columns, caption) {
  const says = (column, key) => {
    const yes = column.trends.includes(key);
    const p = column.probabilities?.get(key);
    const about = p === undefined ? "" : ` ${percent(p)}`;
    return el("td", { class: yes ? "yes" : "no" }, el("span", {}, yes ? "✓ yes" : "no"), about);
  };
  const differs = (key) => new Set(columns.filter((c) => !c.probabilities).map((c) => c.trends.includes(key))).size > 1;
  return el(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
    el(
      "table",
      { class: "comparison" },
      el("caption", {}, caption),
      el(
        "thead",
        {},
        el("tr", {}, el("th", { scope: "col" }, "Trend"), columns.map(({ title, about }) =>
          el("th", { scope: "col" }, title, about ? el("span", { class: "quiet" }, about) : null))),
      ),
      el("tbody", {}, trends.map(({ key, name }) =>
        el("tr", { class: differs(key) ? "differs" : null }, el("th", { scope: "row" }, name, differs(key) ? el("span", { class: "tag" }, "contested") : null), columns.map((column) => says(column, key))))),
      columns.some(({ note }) => note)
        ? el("tfoot", {}, el("tr", {}, el("th", { scope: "row" }, "Note"), columns.map(({ note }) => el("td", { dir: "auto" }, note ?? ""))))
        : null,
    ),
  );
}

/** The column of a reviewer's answer. */
export function answerColumn(answer, title = answer.reviewer) {
  const about = [answer.kind === "adjudication" ? "settled it" : null, clock(answer.time)].filter(Boolean).join(", ");
  return { title, about, trends: answer.trends, note: answer.note };
}

/** The column of the suggestion. */
export function modelColumn(suggestion) {
  return {
    title: "Model",
    trends: suggestion.suggested,
    probabilities: new Map(suggestion.trends.map(({ key, probability }) => [key, probability])),
  };
}
