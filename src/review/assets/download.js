// The downloads: the finished batch with what to expect of it, and what was decided.

import { get } from "./api.js";
import { el } from "./dom.js";
import { fault } from "./message.js";
import { patiently } from "./outbox.js";
import { state } from "./state.js";
import { count, enumerated, percent, states } from "./words.js";

const FORMATS = [["xlsx", "Excel (XLSX)"], ["csv", "CSV"], ["jsonl", "JSON Lines"], ["parquet", "Parquet"]];

const CASES = [
  ["all", "all answered cases"],
  ["changed", "what reviewers changed"],
  ["training", "cases that a model may learn from"],
  ["blind-check", "the blind check"],
  ["with-open", "all cases, open ones too"],
];

/** How the cases of a finished batch were decided. */
const DECIDED = {
  reviewer: "read by a reviewer",
  "two reviewers": "read by two reviewers",
  bulk: "accepted in bulk, unread",
  "model, promised": "decided by the model at the promised error",
  "model, unread": "decided by the model, unread",
  conflict: "in conflict, without final trends",
  unusable: "unusable, without final trends",
  open: "waiting for a blind answer, without final trends",
  "waits for a second answer": "waiting for a second answer, without final trends",
};

/** Shows the downloads of the batch that is selected, or of all cases. */
export async function openDownload(main) {
  const heading = el("h2", { tabindex: "-1", "data-home": true }, state.batch === "" ? "Download" : `Download: ${state.batch}`);
  const body = el("div", { class: "statistics downloads" }, el("p", { class: "message" }, states.loading));
  main.replaceChildren(heading, body);
  heading.focus();
  try {
    const finished = await patiently(() => get("/api/finished", { reviewer: state.reviewer, batch: state.batch }));
    body.replaceChildren(finishedPanel(finished), decidedPanel());
  } catch (error) {
    body.replaceChildren(fault(error, () => openDownload(main)));
  }
}

function finishedPanel(finished) {
  const { cases, decided_by } = finished;
  const format = choice("finished-format", "Format", FORMATS);
  return el(
    "section",
    { class: "panel", id: "finished" },
    el("h3", {}, "The finished batch"),
    el("p", {}, `Every case with its final trends and who decided them: ${count(cases, "case")}.`),
    el("ul", { class: "plain-list" }, decided_by.map(({ by, cases: some }) => el("li", {}, el("strong", { class: "figure" }, some.toLocaleString("en-GB")), ` ${DECIDED[by] ?? by} (${percent(some / cases)})`))),
    expectation(finished),
    el("div", { class: "choices" }, format),
    link("Download the finished batch", "download-finished", () => ({ cases: "finished", format: valueOf(format) }), [format]),
  );
}

// How good the finished batch can be expected to be.
function expectation({ wrong_tags, macro_f1, measured, blind_check_answers, blind_check_needed }) {
  if (wrong_tags === null) return null;
  const f1 = macro_f1 === null ? "" : ` The macro F1 to expect is ${macro_f1.toFixed(2)}.`;
  const between = (figure, write) => `${write(figure.value)} (${write(figure.lower)} to ${write(figure.upper)})`;
  const whole = (n) => Math.round(n).toLocaleString("en-GB");
  const known = measured
    ? `The blind check (${count(blind_check_answers, "answer")}) found ${measured.ratio.value.toFixed(1)} times as many wrong tags as expected (95 % interval ${measured.ratio.lower.toFixed(1)} to ${measured.ratio.upper.toFixed(1)}). That gives ${between(measured.wrong_tags, whole)} wrong tags${measured.macro_f1 ? ` and macro F1 ${between(measured.macro_f1, (n) => n.toFixed(2))}` : ""}.`
    : `These figures follow from the probabilities of the model alone: the blind check has ${blind_check_answers} of the ${blind_check_needed} answers that it needs.`;
  return [el("p", { id: "expectation" }, `About ${whole(wrong_tags)} wrong ${Math.round(wrong_tags) === 1 ? "tag remains" : "tags remain"}.${f1}`), el("p", { class: "quiet" }, known)];
}

function decidedPanel() {
  const cases = choice("export-cases", "Cases", CASES);
  const format = choice("export-format", "Format", FORMATS);
  const names = tick("export-names", "Names of the reviewers instead of numbers");
  const columns = tick("export-columns", "A column for each trend, with 1 or 0");
  const query = () => ({
    cases: valueOf(cases),
    format: valueOf(format),
    names: isTicked(names) ? "true" : undefined,
    one_column_per_trend: isTicked(columns) ? "true" : undefined,
  });
  return el(
    "section",
    { class: "panel", id: "decided" },
    el("h3", {}, "What was decided"),
    el("p", {}, "The columns of the cases, the trends that were decided, the suggestion with its probabilities, and who decided what, when and with which note."),
    el("div", { class: "choices" }, cases, format, names, columns),
    link("Download what was decided", "download-decided", query, [cases, format, names, columns]),
    el("p", { class: "quiet" }, `Cases that wait for a second answer are left out. In CSV files an apostrophe protects cells that a spreadsheet would run as a formula; trendtag removes it when it reads the file. ${enumerated(FORMATS.map(([, name]) => name))} are available.`),
  );
}

function choice(name, label, options) {
  return el("label", {}, el("span", {}, label), el("select", { name }, options.map(([value, text]) => el("option", { value }, text))));
}

function tick(name, label) {
  return el("label", { class: "pick" }, el("input", { type: "checkbox", name }), el("span", {}, label));
}

const valueOf = (label) => label.querySelector("select").value;
const isTicked = (label) => label.querySelector("input").checked;

// A link that the browser saves as a file; it follows the choices.
function link(words, id, query, fields) {
  const node = el("a", { class: "button primary", id, download: "" }, words);
  const follow = () => {
    const filled = Object.entries({ reviewer: state.reviewer, batch: state.batch, ...query() });
    const given = filled.filter(([, value]) => value !== undefined && value !== "");
    node.href = `/api/export?${new URLSearchParams(given)}`;
  };
  for (const field of fields) field.addEventListener("change", follow);
  follow();
  return el("p", {}, node);
}
