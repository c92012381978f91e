// A suggestion: its ticked trends, its unsure trends, and the changes of a reviewer.

/** Whether a trend reached its threshold, so that it is ticked at first. */
export const passes = ({ suggested, probability, threshold }) => suggested && !(probability < threshold);

/** Returns whether a case has a text. */
export const hasText = ({ texts }) => texts.some(({ text }) => text.trim() !== "");

/** Returns the keys of the trends that are ticked at first. */
export function ticksOf(shown) {
  if (!hasText(shown) || shown.suggestion.review_reasons.includes("no-text")) return [];
  return shown.suggestion.trends.filter(passes).map(({ key }) => key);
}

/** Returns the unsure trends, the least sure first. */
export function unsureOf(suggestion) {
  const doubt = ({ doubt, probability, suggested }) => doubt ?? (suggested ? 1 - probability : probability);
  return suggestion.trends.filter((trend) => isUnsure(trend, suggestion)).sort((a, b) => doubt(b) - doubt(a));
}

/** "unsure", "suggested" or "unlikely". */
export function stateOf(trend, suggestion) {
  if (isUnsure(trend, suggestion)) return "unsure";
  return passes(trend) ? "suggested" : "unlikely";
}

function isUnsure(trend, { unsure_trends }) {
  return unsure_trends ? unsure_trends.includes(trend.key) : trend.verdict === "ask";
}

/** The most probable trend. */
export const nearest = ({ trends }) => [...trends].sort((a, b) => b.probability - a.probability)[0];

/** Returns the trend that a reviewer should check first. */
export function firstFocus(suggestion) {
  const suggested = suggestion.trends.filter(passes).sort((a, b) => b.probability - a.probability);
  return (unsureOf(suggestion)[0] ?? suggested[0] ?? nearest(suggestion)).key;
}

/** Returns the reference for changes: the reviewer's earlier answer, else the suggestion; null if neither is shown. */
export function baselineOf(shown) {
  if (shown.asked?.length > 0) return null;
  if (shown.mine !== null && shown.mine.kind !== "skip") return shown.mine.trends;
  return shown.suggestion === null ? null : ticksOf(shown);
}

/** Returns the keys of the trends that a draft adds to, or removes from, the reference. */
export function changesOf(draft, baseline) {
  const added = draft.trends.filter((key) => !baseline.includes(key));
  const removed = draft.none || draft.trends.length > 0 ? baseline.filter((key) => !draft.trends.includes(key)) : [];
  return { added, removed };
}
