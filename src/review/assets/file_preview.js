// How a file is read: what was found, what is wrong with it, and what can be corrected before it is tagged.

import { button, el } from "./dom.js";
import { said } from "./remedies.js";
import { count } from "./words.js";

const FORMATS = { csv: "CSV", tsv: "TSV", jsonl: "JSON Lines", parquet: "Parquet", arrow: "Arrow", arrows: "Arrow stream", xlsx: "Excel workbook", xls: "Excel workbook (.xls)", ods: "OpenDocument spreadsheet" };
const DELIMITERS = [["", "found out"], [",", "comma"], [";", "semicolon"], ["\t", "tab"], ["|", "vertical bar"], ["^", "caret"]];
const ENCODINGS = ["", "utf-8", "windows-1252", "iso-8859-2", "windows-1250", "windows-1251", "utf-16le", "utf-16be", "shift_jis", "gb18030", "euc-kr", "big5"];

/** No column has this name. */
const NONE = "–";

const short = (text, most) => (text.length > most ? `${text.slice(0, most)}…` : text);

const isSheet = ({ format }) => ["xlsx", "xls", "ods"].includes(format);
const unit = (preview) => (isSheet(preview) ? "row" : "line");

/**
 * The panel of a file. `act.read(changes)` reads it again, `act.tag(batch)` has it tagged, `act.discard()` lets it go;
 * `batch` is what is to become of it and is kept from one reading to the next.
 */
export function filePreview(file, preview, settings, batch, act) {
  const { problem, notes } = preview;
  return el("div", { class: "file" },
    el("h2", { tabindex: "-1", "data-home": true, dir: "auto" }, file.name),
    el("p", { id: "read-as" }, found(preview)),
    problem ? said(problem, act.read, "warn") : null,
    notes.map((note) => said(note, act.read)),
    faults(preview, act),
    el("section", { class: "panel" }, el("h3", {}, "How it is read"), form(preview, settings, act), more(preview, settings, batch, act)),
    lines(preview, act),
    first(preview),
    tagForm(preview, batch, act));
}

function found(preview) {
  const { rows, is_whole: isWhole, format, sheet, header_row: header, texts, id_column: id } = preview;
  const columns = texts.filter(({ column }) => column !== null).map(({ column }) => column);
  // A header that is taken from the wrong row has whole texts as names.
  const parts = [
    preview.problem && rows === 0 ? null : `${count(rows, "row")}${isWhole ? "" : " or more"}`,
    FORMATS[format] ?? "no format that is known here",
    sheet ? `sheet “${sheet}”` : null,
    header === null ? null : `header in ${unit(preview)} ${header}`,
    columns.length > 0 ? `text in ${columns.map((name) => short(name, 40)).join(", ")}` : null,
    id === null ? "no column with ids: rows are numbered" : `ids in ${id}`,
  ];
  return parts.filter((part) => part !== null).join(" · ");
}

function faults({ failed, failures, without_text: without, repeated_ids: repeated, taken_ids: taken = 0, repairs }, act) {
  const items = [
    without > 0 ? `${count(without, "row has", "rows have")} no text: no trend is suggested for ${without === 1 ? "it" : "them"}.` : null,
    repeated > 0 ? `${count(repeated, "row has", "rows have")} the id of an earlier row. A case is added once for each id: choose another column with ids, or none.` : null,
    ...repairs.map((words) => `Rows ${words}.`.replace(/^Rows (\d+)/, "Rows: $1")),
  ].filter((item) => item !== null);
  const words = `${count(taken, "row has", "rows have")} the id of a case of another batch, with another text. Such rows cannot be added: choose another column with ids, or number the rows`;
  return [
    taken > 0 ? el("div", { class: "notice warn", id: "taken" }, el("p", {}, `${words}.`), button("Number the rows", () => act.read({ id_column: "" }), { class: "small" })) : null,
    items.length > 0 ? el("ul", { class: "findings" }, items.map((item) => el("li", {}, item))) : null,
    failed > 0
      ? el("details", { class: "findings", open: true },
          el("summary", {}, `${count(failed, "row cannot be read and is left out", "rows cannot be read and are left out")}`),
          el("ul", {}, failures.map(({ words }) => el("li", {}, words))))
      : null,
  ];
}

function labelled(label, control, hint = "") {
  return el("label", {}, el("span", {}, label), control, hint ? el("small", { class: "quiet" }, hint) : null);
}

function select(name, options, value, onchange) {
  const items = options.map((option) => (Array.isArray(option) ? option : [option, option]));
  return el("select", { name, onchange }, items.map(([key, label]) => el("option", { value: key, selected: key === value }, label)));
}

function number(name, value, least, onchange) {
  return el("input", { type: "number", name, min: String(least), step: "1", value: value === null ? "" : String(value), onchange });
}

const whole = (text) => (/^\d+$/.test(text.trim()) ? Number(text) : null);

function form(preview, settings, act) {
  const { sheets, sheet, columns, texts, id_column: id } = preview;
  const unknown = (name) => (columns.includes(name) ? NONE : name);
  const choices = [["", "no column"], ...columns.filter((name) => name.trim() !== "").map((name) => [name, short(name, 60)])];
  const chosen = (node) =>
    texts.map(({ field }, at) => node.querySelector(`[name="text-${at}"]`).value || unknown(field));
  const change = (event) => {
    const names = chosen(event.target.closest("form"));
    const isWhole = names.every((name) => columns.includes(name));
    act.read({ text_columns: names, allow_missing_columns: isWhole ? null : true });
  };
  return el("form", { class: "settings", onsubmit: (event) => event.preventDefault() },
    sheets.length > 1 ? labelled("Sheet", select("sheet", sheets, sheet, (event) => act.read({ sheet: event.target.value, header_row: null, skip_rows: null }))) : null,
    preview.lines.length > 0 ? labelled(`Header ${unit(preview)}`, number("header_row", settings.header_row ?? preview.header_row, 1, (event) => act.read({ header_row: whole(event.target.value) }))) : null,
    texts.map(({ field, column }, at) => labelled(`Text: ${field}`, select(`text-${at}`, choices, column ?? "", change))),
    labelled("Ids", select("id_column", [["", "number the rows"], ...choices.slice(1)], id ?? "", (event) => act.read({ id_column: event.target.value }))));
}

function more(preview, settings, batch, act) {
  const text = ["csv", "tsv", "jsonl"].includes(preview.format) || preview.format === null;
  const share = (name, value, label, hint) =>
    labelled(label, el("input", { type: "number", name, min: "0", max: "100", step: "1", value: String(Math.round(100 * value)), onchange: (event) => (batch[name] = Math.min(100, Math.max(0, Number(event.target.value))) / 100) }), hint);
  return el("details", { class: "more" },
    el("summary", {}, "More options"),
    el("form", { class: "settings", onsubmit: (event) => event.preventDefault() },
      text ? labelled("Separator", select("delimiter", DELIMITERS, settings.delimiter ?? "", (event) => act.read({ delimiter: event.target.value || null }))) : null,
      text ? labelled("Encoding", select("encoding", ENCODINGS.map((name) => [name, name || "found out"]), settings.encoding ?? "", (event) => act.read({ encoding: event.target.value || null }))) : null,
      labelled("Format", select("format", [["", "found out"], ...Object.entries(FORMATS)], settings.format ?? "", (event) => act.read({ format: event.target.value || null }))),
      preview.lines.length > 0 ? labelled("Rows to skip after the header", number("skip_rows", settings.skip_rows, 0, (event) => act.read({ skip_rows: whole(event.target.value) }))) : null,
      isSheet(preview) ? el("label", { class: "pick" }, el("input", { type: "checkbox", name: "fill_merged", checked: settings.fill_merged === true, onchange: (event) => act.read({ fill_merged: event.target.checked || null }) }), el("span", {}, "Merged cells count for all of their rows")) : null,
      share("blind_check", batch.blind_check, "Blind check, %", "Random cases that are answered without seeing the suggestion"),
      share("overlap", batch.overlap, "For two reviewers, %", "Random cases that two people answer")));
}

// The first lines as they are, to find the header by eye.
function lines(preview, act) {
  if (preview.lines.length === 0) return null;
  const width = Math.max(...preview.lines.map(({ cells }) => cells.length));
  const row = ({ line, cells }) =>
    el("tr", { class: line === preview.header_row ? "is-header" : null },
      el("th", { scope: "row" }, el("label", { class: "pick" },
        el("input", { type: "radio", name: "header", value: String(line), checked: line === preview.header_row, onchange: () => act.read({ header_row: line }), "aria-label": `${unit(preview)} ${line} is the header` }),
        el("span", { class: "figure" }, String(line)))),
      Array.from({ length: width }, (_, at) => el("td", { dir: "auto" }, cells[at] ?? "")));
  return el("details", { class: "panel lines", open: preview.problem !== null },
    el("summary", {}, "Choose the header among the first lines"),
    el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "First lines of the file" },
      el("table", { class: "sample" }, el("caption", { class: "unseen" }, "First lines of the file"), el("tbody", {}, preview.lines.map(row)))));
}

function first({ columns, first: rows, texts, id_column: id }) {
  if (rows.length === 0) return null;
  const used = new Set([id, ...texts.map(({ column }) => column)]);
  return el("section", { class: "panel" },
    el("h3", {}, `The first ${count(rows.length, "row")}`),
    el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "First rows" },
      el("table", { class: "sample rows" },
        el("caption", { class: "unseen" }, "First rows, as they are read"),
        el("thead", {}, el("tr", {}, columns.slice(0, 100).map((name) => el("th", { scope: "col", class: used.has(name) ? "used" : null, dir: "auto" }, name.trim() === "" ? el("span", { class: "quiet" }, "no name") : short(name, 60))))),
        el("tbody", {}, rows.map((cells) => el("tr", {}, cells.map((cell) => el("td", { dir: "auto" }, el("div", {}, cell)))))))));
}

function tagForm(preview, batch, act) {
  const blocked = preview.problem !== null;
  const good = preview.rows - preview.failed;
  const submit = (event) => {
    event.preventDefault();
    if (!blocked) act.tag();
  };
  return el("form", { class: "panel tag-form", onsubmit: submit },
    labelled("Name of the batch", el("input", { name: "batch", required: true, maxlength: "80", value: batch.name, autocomplete: "off", oninput: (event) => (batch.name = event.target.value) })),
    el("p", { class: "ways" },
      el("button", { type: "submit", class: "primary", id: "tag", disabled: blocked }, blocked ? "Tag" : `Tag ${count(good, "case")}${preview.is_whole ? "" : " or more"}`),
      button("Discard the file", act.discard)),
    blocked ? el("p", { class: "quiet" }, "The file can be tagged once the problem above is solved.") : null);
}
