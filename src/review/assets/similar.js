// Cases similar to the current one, with their decisions.

import { get } from "./api.js";
import { el } from "./dom.js";
import { listed, shortName, state } from "./state.js";
import { percent } from "./words.js";

/** Delay before similar cases are requested, because a reviewer who moves on at once needs none. */
const PATIENCE = 500;

let timer = 0;

/** Fills a place beside a case with similar cases, after a delay. */
export function showSimilar(place, shown) {
  clearTimeout(timer);
  if (shown.suggestion_hidden) return;
  timer = setTimeout(async () => {
    try {
      const { cases } = await get(`/api/cases/${encodeURIComponent(shown.id)}/similar`, { reviewer: state.reviewer });
      if (place.isConnected && cases.length > 0) place.replaceChildren(section(cases));
    } catch {
      // They are optional; nothing depends on them.
    }
  }, PATIENCE);
}

function section(cases) {
  return el(
    "section",
    { class: "similar", "aria-labelledby": "similar-title" },
    el("h2", { id: "similar-title" }, "Similar cases"),
    el("ol", {}, cases.map(line)),
  );
}

function line({ id, title, similarity, near_duplicate, status, final, flag }) {
  const said = flag === "unusable" ? "unusable" : final ? listed(final, shortName) : status === "conflict" ? "in conflict" : "open";
  return el(
    "li",
    {},
    el("a", { href: `#case/${encodeURIComponent(id)}`, dir: "auto" }, title || id),
    el("span", { class: "said" }, said),
    near_duplicate
      ? el("span", { class: "tag unsure" }, "almost the same text")
      : el("span", { class: "quiet", title: "Cosine similarity by the words the model uses" }, `${percent(similarity)} similar`),
  );
}
