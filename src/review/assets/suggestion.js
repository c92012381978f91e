// A suggestion: its ticked trends, its unsure trends, and the changes of a reviewer.

/** Whether a trend reached its threshold, so that it may be ticked on arrival. */
export const passes = ({ suggested, probability, threshold }) => suggested && !(probability < threshold);

/** Whether a case has a text that could be judged. */
export const hasText = ({ texts }) => texts.some(({ text }) => text.trim() !== "");

/** Keys of the trends that are ticked when a case arrives. */
export function ticksOf(shown) {
  if (!hasText(shown) || shown.suggestion.review_reasons.includes("no-text")) return [];
  return shown.suggestion.trends.filter(passes).map(({ key }) => key);
}

/** The trends of which the model is unsure, the least sure first. */
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

/** The trend a reviewer should look at first. */
export function firstFocus(suggestion) {
  const suggested = suggestion.trends.filter(passes).sort((a, b) => b.probability - a.probability);
  return (unsureOf(suggestion)[0] ?? suggested[0] ?? nearest(suggestion)).key;
}

/** What an answer is compared with: the reviewer's earlier one, else the suggestion; null if neither is shown. */
export function baselineOf(shown) {
  if (shown.mine !== null && shown.mine.kind !== "skip") return shown.mine.trends;
  return shown.suggestion === null ? null : ticksOf(shown);
}

/** Keys of the trends that a draft adds to, or removes from, what it is compared with. */
export function changesOf(draft, baseline) {
  const added = draft.trends.filter((key) => !baseline.includes(key));
  const removed = draft.none || draft.trends.length > 0 ? baseline.filter((key) => !draft.trends.includes(key)) : [];
  return { added, removed };
}
