// Remedies for faults of a file, as buttons and words of this page. The server names no button.

import { button, el } from "./dom.js";

/** Names separated by commas, as in a line of CSV. */
export function names(text) {
  const found = [...text.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)];
  return found.map(([, quoted, plain]) => (quoted === undefined ? plain : quoted.replaceAll('""', '"')));
}

/** Each entry: the label of a button for a value, what it changes, and words where no value is known. */
const KNOWN = {
  "name-sheet": [(value) => `Read the sheet “${value}”`, (value) => ({ sheet: value, header_row: null }), "Choose the sheet below."],
  "name-header-row": [(value) => `Row ${value} is the header`, (value) => ({ header_row: Number(value) }), "Choose the header row below."],
  "name-text-columns": [(value) => `Read as text: ${names(value).map((name) => (name.length > 30 ? `${name.slice(0, 30)}…` : name)).join(", ")}`, (value) => ({ text_columns: names(value) }), "Choose the columns with the text below."],
  "allow-missing-columns": [() => "Read it without the missing columns", () => ({ allow_missing_columns: true })],
  "skip-rows": [(value) => (value === "0" ? "Read these rows as cases" : `Skip ${value} rows`), (value) => ({ skip_rows: Number(value) }), "Say below how many rows to skip."],
  "fill-merged": [() => "Give the value of merged cells to all of their rows", () => ({ fill_merged: true })],
  "name-id-column": [(value) => `Take the ids from “${value}”`, (value) => ({ id_column: value }), "Choose the column with the id below."],
  "name-encoding": [(value) => `Read it as ${value}`, (value) => ({ encoding: value }), "Choose the encoding under “More options”."],
  "name-delimiter": [(value) => `Fields are separated by “${value}”`, (value) => ({ delimiter: value }), "Choose what separates the fields under “More options”."],
  "name-format": [(value) => `Read it as ${value}`, (value) => ({ format: value }), "Choose the format under “More options”."],
  "raise-limit": [null, null, "The person who started the server can allow larger files."],
};

/** Needs no value: the action says all. */
const COMPLETE = ["allow-missing-columns", "fill-merged"];

// A header that is taken from the wrong row has whole texts as names.
const short = (words) => words.replace(/"([^"]{40})[^"]{3,}"/g, '"$1…"');

/** A message about a file, with its remedies; `read` is called with the settings that change. */
export function said({ words, remedies }, read, kind = "info") {
  const ways = remedies.flatMap(({ action, value }) => {
    const [label, change, otherwise] = KNOWN[action] ?? [];
    if (label && (value !== null || COMPLETE.includes(action))) return [button(label(value), () => read(change(value)), { class: "small" })];
    return otherwise ? [el("span", { class: "quiet" }, otherwise)] : [];
  });
  return el("div", { class: `notice ${kind}`, role: kind === "warn" ? "alert" : null }, el("p", {}, `${short(words)}.`.replace(/([.!?])\.$/, "$1")), ways);
}
