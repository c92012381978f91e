// The case as it was submitted: its texts, with evidence marked, and the rest.

import { el } from "./dom.js";
import { fill, rove, tip } from "./evidence.js";
import { state } from "./state.js";

/** The text side of a card: `node`, and `mark(trend)` for the evidence of a suggested trend (or null). */
export function caseText(shown) {
  const fields = shown.texts.map(({ field, text }, i) => ({ i, field, text })).filter(({ text }) => text.trim() !== "");
  const [first, ...others] = fields;
  const bodies = new Map();
  const body = (tag, one, attributes) => {
    const node = el(tag, { dir: "auto", ...attributes }, one.text);
    bodies.set(one.i, { node, text: one.text });
    return node;
  };
  const node = el(
    "article",
    { class: "case", "aria-labelledby": "case-title" },
    el("p", { class: "quiet" }, el("span", { class: "case-id" }, shown.id), reasons(shown.suggestion)),
    first
      ? body("h2", first, { id: "case-title", tabindex: "-1", "data-home": true })
      : el("h2", { id: "case-title", tabindex: "-1", "data-home": true }, "This case has no text"),
    others.map((one) => [
      others.length > 1 ? el("h3", { class: "field" }, one.field) : null,
      body("p", one, { class: "text" }),
    ]),
    metadata(shown),
    tip(),
  );
  return { node, mark: (trend) => mark(node, bodies, trend) };
}

function mark(node, bodies, trend) {
  const evidence = trend?.evidence ?? [];
  const strongest = Math.max(0, ...evidence.map(({ contribution }) => Math.abs(contribution)));
  for (const [field, { node: target, text }] of bodies) fill(target, text, field, evidence, strongest);
  rove(node);
}

function reasons(suggestion) {
  if (suggestion === null || !suggestion.needs_review || suggestion.review_reasons.length === 0) return null;
  const words = suggestion.review_reasons.map((code) => state.model.review_reasons[code] ?? code);
  return ` · asked because: ${words.join(", ")}`;
}

function metadata({ id, metadata }) {
  const filled = metadata.filter(({ value }) => value.trim() !== "" && value !== id);
  if (filled.length === 0) return null;
  return el(
    "dl",
    { class: "metadata" },
    filled.map(({ name, value }) => el("div", {}, el("dt", {}, name), el("dd", { dir: "auto" }, value))),
  );
}
