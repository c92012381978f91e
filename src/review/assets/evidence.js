// Marks the words in a text that speak for or against a trend, and says how
// much each of them counts.

import { el, byId } from "./dom.js";
import { signed } from "./words.js";

/** Parts of a text in order: `{ text, terms }`, where `terms` is empty for what is no evidence. Overlapping spans become one part. */
export function parts(text, field, evidence) {
  const position = positions(text);
  const spans = evidence
    .flatMap(({ term, contribution, spans }) => spans.map((span) => ({ ...span, term, contribution })))
    .filter((span) => span.field === field)
    .map((span) => ({ ...span, start: position(span.start), end: position(span.end) }))
    .filter((span) => span.start < span.end && span.end <= text.length)
    .sort((a, b) => a.start - b.start || b.end - a.end);
  const out = [];
  let at = 0;
  for (let i = 0; i < spans.length; ) {
    const start = spans[i].start;
    let end = spans[i].end;
    const terms = new Map();
    for (; i < spans.length && spans[i].start < end; i++) {
      end = Math.max(end, spans[i].end);
      terms.set(spans[i].term, spans[i].contribution);
    }
    if (start > at) out.push({ text: text.slice(at, start), terms: [] });
    out.push({ text: text.slice(start, end), terms: [...terms] });
    at = end;
  }
  if (at < text.length) out.push({ text: text.slice(at), terms: [] });
  return out;
}

/** The position in a string that an offset in its UTF-8 bytes stands for, as a function of the offset. */
function positions(text) {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length === text.length) return (offset) => offset;
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  return (offset) => decoder.decode(bytes.subarray(0, offset)).length;
}

/** Puts a text with its marks into an element; `strongest` is the contribution that gets the deepest tint. */
export function fill(node, text, field, evidence, strongest) {
  node.replaceChildren(
    ...parts(text, field, evidence).map((part) => (part.terms.length === 0 ? part.text : mark(part, strongest))),
  );
}

/** Makes the marks below `root` one stop of the Tab key, with arrow keys between them. */
export function rove(root) {
  const marks = () => [...root.querySelectorAll("mark")];
  marks().forEach((node, i) => (node.tabIndex = i === 0 ? 0 : -1));
  root.onkeydown = (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    const all = marks();
    const at = all.indexOf(event.target);
    if (step === undefined || at < 0) return;
    event.preventDefault();
    const next = all[(at + step + all.length) % all.length];
    event.target.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  };
}

function mark({ text, terms }, strongest) {
  const sum = terms.reduce((total, [, contribution]) => total + contribution, 0);
  const share = Math.abs(sum) / strongest;
  const depth = share > 0.66 ? 3 : share > 0.33 ? 2 : 1;
  const says = terms.map(([term, contribution]) => `${term} ${signed(contribution)}`).join(", ");
  const node = el("mark", { class: `${sum < 0 ? "against" : "for"} depth-${depth}`, "aria-describedby": "tip" }, text);
  const show = () => showTip(node, `${sum < 0 ? "speaks against" : "speaks for"}: ${says}`);
  node.addEventListener("pointerenter", show);
  node.addEventListener("focus", show);
  node.addEventListener("pointerleave", hideTip);
  node.addEventListener("blur", hideTip);
  return node;
}

/** The tooltip that all marks share; a view that shows marks puts it on the page. */
export function tip() {
  const node = el("div", { id: "tip", role: "tooltip", class: "tip", hidden: true });
  node.addEventListener("pointerleave", hideTip);
  return node;
}

function showTip(node, words) {
  const shown = byId("tip");
  shown.textContent = words;
  shown.hidden = false;
  const at = node.getClientRects()[0] ?? node.getBoundingClientRect();
  const room = document.documentElement.clientWidth - shown.offsetWidth - 8;
  const above = at.top - shown.offsetHeight - 4;
  shown.style.left = `${Math.max(8, Math.min(at.left, room))}px`;
  shown.style.top = `${above > 4 ? above : at.bottom + 4}px`;
}

function hideTip(event) {
  const shown = byId("tip");
  // The pointer may go from the word to its tooltip.
  if (shown !== null && !(event.relatedTarget === shown)) shown.hidden = true;
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && byId("tip") !== null) byId("tip").hidden = true;
});
document.addEventListener("scroll", () => byId("tip") && (byId("tip").hidden = true), { passive: true });
