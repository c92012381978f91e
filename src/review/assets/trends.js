// The trends of a case: rows to tick, with probabilities and changes. The trend in focus
// shows its definition and evidence.

import { button, cap, el, rove, showing } from "./dom.js";
import { hueOf, letterOf } from "./evidence.js";
import { nameOf, settings, state } from "./state.js";
import { changesOf, passes, stateOf } from "./suggestion.js";
import { percent, signed } from "./words.js";

/** Trends up to this number have a key each and stay in the order of the taxonomy. */
const KEYS = 9;

/** Number of evidence terms for a trend, and against it, that are shown at first. */
const AT_ONCE = 3;

/**
 * The rows of a case. `on.toggle(key)`, `on.none()`, `on.focus(key)`, `on.fold(key)` and `on.jump(term)` are called for
 * what the reviewer does; `show(draft, focused, locked)` brings the rows up to date.
 */
export function trendRows(shown, baseline, on) {
  const suggested = new Map((shown.suggestion?.trends ?? []).map((trend) => [trend.key, trend]));
  const asked = shown.asked?.length > 0 ? state.model.trends.filter(({ key }) => shown.asked.includes(key)) : state.model.trends;
  const trends = inOrder(asked, suggested, shown.suggestion);
  const numbers = new Map(trends.slice(0, KEYS).map(({ key }, i) => [key, String(i + 1)]));
  const rows = trends.map((trend) => row(trend, numbers.get(trend.key), suggested.get(trend.key), shown.suggestion, on));
  const none = el("input", { type: "checkbox", onchange: on.none });
  const list = el("ul", {}, rows.map(({ node }) => node));
  const fieldset = el(
    "fieldset",
    { class: "trends" },
    el("legend", { class: "unseen" }, "Which trends apply?"),
    trends.length > KEYS ? finder(rows, on) : null,
    list,
    el("label", { class: "pick none" }, none, cap("0"), el("span", {}, "No trend applies")),
  );
  return {
    node: fieldset,
    numberOf: (key) => numbers.get(key),
    keyAt: (number) => trends[number - 1]?.key,
    find: () => fieldset.querySelector("#find-trend")?.focus(),
    next: (key) => trends[(trends.findIndex((trend) => trend.key === key) + 1) % trends.length].key,
    show(draft, focused, locked) {
      fieldset.disabled = locked;
      none.checked = draft.none;
      const changes = baseline === null ? { added: [], removed: [] } : changesOf(draft, baseline);
      for (const one of rows) {
        const { key, node, box, why, changed } = one;
        const open = key === focused && settings.details;
        box.checked = draft.trends.includes(key);
        node.classList.toggle("focused", key === focused);
        const words = changes.added.includes(key) ? "added" : changes.removed.includes(key) ? "removed" : "";
        node.classList.toggle("changed", words !== "");
        changed.textContent = words;
        changed.title = `You ${words} it.`;
        changed.hidden = words === "";
        why.setAttribute("aria-expanded", String(open));
        if (open !== one.open) {
          one.open = open;
          one.detail.replaceChildren(...(open ? about(key, suggested.get(key), on.jump) : []));
        }
      }
    },
  };
}

// If there are more trends than keys, those relevant to the case come first.
function inOrder(trends, suggested, suggestion) {
  if (trends.length <= KEYS || suggestion === null) return trends;
  const first = ({ key }) => suggested.has(key) && stateOf(suggested.get(key), suggestion) !== "unlikely";
  const p = ({ key }) => suggested.get(key)?.probability ?? 0;
  return [...trends.filter(first).sort((a, b) => p(b) - p(a)), ...trends.filter((trend) => !first(trend))];
}

// A field that filters the rows during typing; Enter ticks the first one.
function finder(rows, on) {
  const matching = () => rows.filter(({ node }) => !node.hidden);
  const narrow = () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const { node, key } of rows) {
      const text = `${nameOf(key)} ${key}`.toLowerCase();
      node.hidden = !words.every((word) => text.includes(word));
    }
  };
  const field = el("input", {
    type: "search", id: "find-trend", placeholder: "Find a trend", "aria-label": "Find a trend; Enter ticks the first", autocomplete: "off",
    oninput: narrow,
    onkeydown: (event) => {
      if (event.key !== "Enter" || event.ctrlKey || event.metaKey || field.value.trim() === "") return;
      event.preventDefault();
      const [first] = matching();
      if (first === undefined) return;
      on.toggle(first.key);
      field.value = "";
      narrow();
    },
  });
  return el("div", { class: "finder" }, field, cap("F"));
}

function row(trend, number, suggested, suggestion, on) {
  const { key, name } = trend;
  const id = `trend-${state.model.trends.indexOf(trend)}`;
  const letter = letterOf(state.model.trends.indexOf(trend));
  const box = el("input", { type: "checkbox", onchange: () => on.toggle(key), onfocus: () => on.focus(key) });
  const changed = el("span", { class: "tag mine", hidden: true });
  const kind = suggested ? stateOf(suggested, suggestion) : null;
  const why = button("Why", showing(() => on.fold(key)), {
    class: "why",
    "aria-label": `Why: definition and evidence of ${name}`,
    "aria-expanded": "false",
    "aria-controls": `${id}-about`,
  });
  const detail = el("div", { id: `${id}-about`, class: "about" });
  const node = el(
    "li",
    { class: `trend ${kind ?? ""}`, "data-trend": key },
    el(
      "label",
      { class: "pick" },
      box,
      number ? cap(number) : el("span", { class: "no-key" }),
      el("span", { class: "name" }, el("span", { class: `letter hue-${hueOf(letter)}`, "aria-hidden": "true" }, letter), name),
      el("span", { class: "side" }, suggested ? probability(suggested) : null,
        el("span", { class: "tags" }, changed, kind ? el("span", { class: `tag ${kind}` }, kind) : null)),
    ),
    why,
    detail,
  );
  return { key, node, box, why, changed, detail, open: false };
}

function probability(trend) {
  const bar = el("span", { class: "bar", "aria-hidden": "true" }, el("span", { class: "fill" }), el("span", { class: "threshold" }));
  bar.classList.toggle("passes", passes(trend));
  bar.style.setProperty("--p", trend.probability);
  bar.style.setProperty("--t", trend.threshold);
  return el(
    "span",
    { class: "probability", title: `Suggested from ${percent(trend.threshold)} (the mark on the bar)` },
    bar,
    el("span", { class: "figure" }, percent(trend.probability)),
  );
}

/** The details of a trend: its definition, and the evidence for and against it. */
export function about(key, suggested, jump) {
  const trend = state.model.trends.find((one) => one.key === key);
  return [
    trend.definition ? el("p", {}, trend.definition) : null,
    bounds(trend),
    suggested ? evidence(suggested, jump) : null,
  ].flat().filter((node) => node !== null);
}

function bounds({ includes, excludes }) {
  const items = (title, texts) => (texts.length === 0 ? null : [el("h4", {}, title), el("ul", {}, texts.map((text) => el("li", {}, text)))]);
  if (includes.length + excludes.length === 0) return null;
  const title = el("summary", { onclick: showing(() => (settings.includes = !folded.open)) },
    excludes.length === 0 ? "What it includes" : includes.length === 0 ? "What it does not include" : "What it includes and what not");
  const folded = el("details", { class: "bounds", open: settings.includes }, title, items("Includes", includes), items("Does not include", excludes));
  return folded;
}

function evidence({ evidence = [] }, jump) {
  if (evidence.length === 0) return el("p", { class: "quiet" }, "No word of this text counts for or against it.");
  const piece = ({ term, contribution }) =>
    el("li", {}, button([el("span", {}, term), " ", el("span", { class: "figure" }, signed(contribution))], () => jump(term), {
      class: `piece ${contribution < 0 ? "against" : "for"}`,
      title: "Show it in the text",
    }));
  const pieces = (title, some) => {
    if (some.length === 0) return null;
    const rest = some.slice(AT_ONCE).map(piece);
    const list = el("ul", { "aria-label": `${title} in the text` }, some.slice(0, AT_ONCE).map(piece));
    const unfold = () => {
      list.replaceChildren(...[...list.children].slice(0, -1), ...rest);
      rove(list, "button");
    };
    if (rest.length > 0) list.append(el("li", {}, button(`${rest.length} more`, showing(unfold), { class: "plain more" })));
    rove(list, "button");
    return el("div", { class: "pieces" }, el("h4", {}, title), list);
  };
  return [
    pieces("For", evidence.filter(({ contribution }) => contribution >= 0)),
    pieces("Against", evidence.filter(({ contribution }) => contribution < 0).reverse()),
  ];
}
