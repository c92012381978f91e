// The codebook: what each trend means, includes and does not include.

import { el } from "./dom.js";
import { state } from "./state.js";

/** Shows all trends with their definitions. */
export function openCodebook(main) {
  const { taxonomy, trends } = state.model;
  const heading = el("h2", { tabindex: "-1", "data-home": true }, taxonomy.name || "Codebook");
  main.replaceChildren(
    heading,
    taxonomy.source ? el("p", { class: "quiet" }, `Source: ${taxonomy.source}`) : "",
    el("div", { class: "codebook" }, trends.map(entry)),
  );
  heading.focus();
}

function entry({ name, definition, includes, excludes, examples = [] }, i) {
  const items = (title, texts) => (texts.length === 0 ? null : [el("h4", {}, title), el("ul", {}, texts.map((text) => el("li", {}, text)))]);
  return el(
    "section",
    { class: "panel" },
    el("h3", {}, i < 9 ? [el("kbd", { "aria-hidden": "true" }, String(i + 1)), " "] : null, name),
    definition ? el("p", {}, definition) : null,
    items("Includes", includes),
    items("Does not include", excludes),
    items("Examples", examples),
  );
}
