// The case as submitted: its texts with marked evidence, and its other columns.

import { el } from "./dom.js";
import { marker, tip } from "./evidence.js";

/** Maximum length of a text shown as a heading, in characters. */
const LONGEST_HEADING = 200;

/** Maximum length of a value shown among the short columns, in characters. */
const LONGEST_FACT = 120;

/** The text side of a card: `node`, and the `marks` of its evidence. */
export function caseText(shown) {
  const fields = shown.texts.map(({ field, text }, i) => ({ i, field, text })).filter(({ text }) => text.trim() !== "");
  const heading = isHeading(fields) ? fields[0] : null;
  const others = fields.filter((one) => one !== heading);
  const bodies = new Map();
  const body = (tag, one, attributes) => {
    const node = el(tag, { dir: "auto", ...attributes }, one.text);
    bodies.set(one.i, { node, text: one.text });
    return node;
  };
  const title = { id: "case-title", tabindex: "-1", "data-home": true };
  const inPlace = fields.length === 0 ? "This case has no text" : `Case ${shown.id}`;
  const node = el(
    "article",
    { class: "case", "aria-labelledby": "case-title" },
    el("p", { class: heading || fields.length === 0 ? "quiet" : "unseen" }, el("span", { class: "case-id" }, shown.id)),
    heading ? body("h2", heading, title) : el("h2", { ...title, class: "stand-in" }, inPlace),
    others.map((one) => [
      others.length > 1 ? el("h3", { class: "field" }, one.field) : null,
      body("p", one, { class: "text" }),
    ]),
    columns(shown),
    tip(),
  );
  return { node, marks: marker(node, bodies) };
}

// A single text column, or a long first one, is shown as text and not as a heading.
function isHeading([first, ...others]) {
  if (first === undefined || first.text.trim().includes("\n")) return false;
  const named = /title|name|headline|heading|subject/i.test(first.field);
  return first.text.length <= LONGEST_HEADING && (named || others.length > 0);
}

// The columns that the model does not read: short ones as facts, long ones as texts.
function columns({ id, metadata }) {
  const filled = metadata.filter(({ value }) => value.trim() !== "" && value !== id);
  const facts = filled.filter(({ value }) => value.length <= LONGEST_FACT);
  const texts = filled.filter(({ value }) => value.length > LONGEST_FACT);
  return [
    facts.length > 0
      ? el("dl", { class: "metadata" }, facts.map(({ name, value }) => el("div", {}, el("dt", {}, name), el("dd", { dir: "auto" }, link(value)))))
      : null,
    texts.map(({ name, value }) => [
      el("h3", { class: "field" }, name, el("span", { class: "unread" }, "not read by the model")),
      el("p", { class: "text", dir: "auto" }, value),
    ]),
  ];
}

function link(value) {
  if (!/^https?:\/\/\S+$/i.test(value.trim()) || !URL.canParse(value.trim())) return value;
  return el("a", { href: value.trim(), target: "_blank", rel: "noopener noreferrer" }, value);
}
