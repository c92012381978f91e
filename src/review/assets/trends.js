// The trends of a case: boxes to tick, how probable each is, and one of them
// in focus with its definition and evidence.

import { el, button } from "./dom.js";
import { percent, signed, states } from "./words.js";

/**
 * The boxes of a case. `on.toggle(key)`, `on.none()` and `on.focus(key)` are called for what the reviewer does;
 * `show(draft, focused, locked)` brings the boxes up to date.
 */
export function trendBoxes(trends, shown, on) {
  const suggested = new Map((shown.suggestion?.trends ?? []).map((trend) => [trend.key, trend]));
  const rows = trends.map((trend, i) => row(trend, i, suggested.get(trend.key), on));
  const none = el("input", { type: "checkbox", onchange: on.none });
  const fieldset = el(
    "fieldset",
    { class: "trends" },
    el("legend", {}, "Which trends apply?"),
    shown.suggestion_hidden ? el("p", { class: "hint" }, states.hidden) : null,
    el("ul", {}, rows.map(({ node }) => node)),
    el("label", { class: "pick none" }, none, el("kbd", { "aria-hidden": "true" }, "0"), el("span", {}, "None of these")),
  );
  return {
    node: fieldset,
    show(draft, focused, locked) {
      fieldset.disabled = locked;
      none.checked = draft.none;
      for (const { key, node, box, why } of rows) {
        box.checked = draft.trends.includes(key);
        node.classList.toggle("focused", key === focused);
        why.setAttribute("aria-pressed", String(key === focused));
      }
    },
  };
}

function row(trend, i, suggested, on) {
  const { key, name } = trend;
  const id = `trend-${i}`;
  const box = el("input", {
    type: "checkbox",
    onchange: () => on.toggle(key),
    onfocus: () => on.focus(key),
    "aria-describedby": suggested ? `${id}-p` : null,
  });
  const why = button("Why", () => on.focus(key), {
    class: "why",
    "aria-label": `Why: definition and evidence of ${name}`,
    "aria-pressed": "false",
  });
  const node = el(
    "li",
    { class: "trend", "data-trend": key },
    el(
      "label",
      { class: "pick" },
      box,
      i < 9 ? el("kbd", { "aria-hidden": "true" }, String(i + 1)) : null,
      el("span", {}, name),
    ),
    suggested ? probability(suggested, `${id}-p`) : null,
    why,
  );
  return { key, node, box, why };
}

function probability(trend, id) {
  const bar = el("span", { class: "bar", "aria-hidden": "true" }, el("span", { class: "fill" }), el("span", { class: "threshold" }));
  bar.classList.toggle("passes", trend.suggested);
  bar.style.setProperty("--p", trend.probability);
  bar.style.setProperty("--t", trend.threshold);
  return el(
    "span",
    { class: "probability", id, title: `threshold ${percent(trend.threshold)}` },
    bar,
    el("span", { class: "figure" }, percent(trend.probability)),
    el("span", { class: "unseen" }, `, threshold ${percent(trend.threshold)}`),
  );
}

/** What is known of the focused trend: its definition and what in the text speaks for and against it. */
export function trendDetail(trend, suggested) {
  return el(
    "section",
    { class: "detail", "aria-label": `About ${trend.name}` },
    el("h3", {}, trend.name),
    trend.definition ? el("p", {}, trend.definition) : null,
    items("Includes", trend.includes),
    items("Does not include", trend.excludes),
    suggested ? evidence(suggested) : null,
  );
}

function items(title, texts) {
  if (texts.length === 0) return null;
  return el("details", {}, el("summary", {}, title), el("ul", {}, texts.map((text) => el("li", {}, text))));
}

function evidence({ evidence = [] }) {
  if (evidence.length === 0) return el("p", { class: "quiet" }, "No word of this text counts for or against it.");
  const piece = ({ term, contribution }) =>
    el("li", { class: contribution < 0 ? "against" : "for" }, el("span", {}, term), " ", el("span", { class: "figure" }, signed(contribution)));
  return [
    el("h4", { id: "evidence-title" }, "Evidence in the text"),
    el("ul", { class: "pieces", "aria-labelledby": "evidence-title" }, evidence.map(piece)),
  ];
}
