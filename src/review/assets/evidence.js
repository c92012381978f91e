// Marks the evidence for and against trends in a text, moves between the marks, and shows
// their contributions.

import { byId, el, rove } from "./dom.js";
import { signed } from "./words.js";

/** Delay before a tip appears under a moving pointer, in milliseconds. */
const HOVER = 250;

/**
 * The marks in the fields of a text. `bodies` has, by the number of a field, its element and its text.
 * `show(sets)` marks the evidence of trends, each `{ evidence, letter, name }`, with letters if there are several;
 * `next(term)` puts the focus on the next mark, or the next of a term, and returns what it says.
 */
export function marker(root, bodies) {
  let at = -1;
  const marks = () => [...root.querySelectorAll("mark")];
  watch(root);
  return {
    show(sets) {
      hideTip();
      at = -1;
      const pieces = sets.flatMap(({ evidence, letter, name }) => evidence.map((piece) => ({ ...piece, letter, name })));
      const strongest = Math.max(0, ...pieces.map(({ contribution }) => Math.abs(contribution)));
      for (const [field, { node, text }] of bodies) {
        node.replaceChildren(...parts(text, field, pieces).map((part) => (part.pieces.length === 0 ? part.text : mark(part, strongest))));
      }
      rove(root, "mark");
    },
    next(term) {
      const all = marks();
      const has = (node) => term === undefined || node.dataset.terms.split("\n").includes(term);
      const order = [...all.keys()].map((i) => (at + 1 + i) % all.length);
      const found = order.find((i) => has(all[i]));
      if (found === undefined) return null;
      at = found;
      const node = all[found];
      node.scrollIntoView({ block: "center" });
      node.focus({ preventScroll: true });
      showTip(node);
      return `${node.textContent}, ${node.dataset.says} (${found + 1} of ${all.length})`;
    },
  };
}

/** Parts of a text in order: `{ text, pieces }`, where `pieces` is empty for text without evidence. Overlapping spans become one part. */
export function parts(text, field, evidence) {
  const position = positions(text);
  const spans = evidence
    .flatMap(({ spans, ...piece }) => spans.map((span) => ({ ...span, piece })))
    .filter((span) => span.field === field)
    .map((span) => ({ ...span, start: position(span.start), end: position(span.end) }))
    .filter((span) => span.start < span.end && span.end <= text.length)
    .sort((a, b) => a.start - b.start || b.end - a.end);
  const out = [];
  let at = 0;
  for (let i = 0; i < spans.length; ) {
    const start = spans[i].start;
    let end = spans[i].end;
    const pieces = new Set();
    for (; i < spans.length && spans[i].start < end; i++) {
      end = Math.max(end, spans[i].end);
      pieces.add(spans[i].piece);
    }
    if (start > at) out.push({ text: text.slice(at, start), pieces: [] });
    out.push({ text: text.slice(start, end), pieces: [...pieces] });
    at = end;
  }
  if (at < text.length) out.push({ text: text.slice(at), pieces: [] });
  return out;
}

/** Returns a function from offsets in the UTF-8 bytes of a string to positions in the string. */
function positions(text) {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length === text.length) return (offset) => offset;
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  return (offset) => decoder.decode(bytes.subarray(0, offset)).length;
}

function mark({ text, pieces }, strongest) {
  const weight = ({ contribution }) => Math.abs(contribution);
  const [leading] = [...pieces].sort((a, b) => weight(b) - weight(a));
  const sum = pieces.reduce((total, { contribution }) => total + contribution, 0);
  const letters = [...new Set(pieces.map(({ letter }) => letter).filter(Boolean))].join("");
  const terms = pieces.map(({ term, contribution }) => `${term} ${signed(contribution)}`);
  const says = letters
    ? pieces.map(({ name, term, contribution }) => `${name}: ${term} ${signed(contribution)}`).join("; ")
    : `speaks ${sum < 0 ? "against" : "for"} it: ${terms.join(", ")}`;
  const share = Math.abs(letters ? leading.contribution : sum) / strongest;
  const depth = share > 0.66 ? 3 : share > 0.33 ? 2 : 1;
  const kind = letters ? `hue hue-${hueOf(leading.letter)}` : `${sum < 0 ? "against" : "for"} depth-${depth}`;
  return el("mark", {
    class: kind,
    "aria-describedby": "tip",
    "data-letters": letters || null,
    "data-says": says,
    "data-terms": pieces.map(({ term }) => term).join("\n"),
  }, text);
}

/** Returns the letter of the trend at a position of the taxonomy: A … Z, AA … */
export function letterOf(place) {
  return (place >= 26 ? letterOf(Math.floor(place / 26) - 1) : "") + String.fromCharCode(65 + (place % 26));
}

/** Returns the number (of eight) of the colour of a letter. */
export const hueOf = (letter) => (letter.charCodeAt(letter.length - 1) - 65) % 8;

function watch(root) {
  let timer = 0;
  const under = (event) => event.target.closest?.("mark");
  root.addEventListener("focusin", (event) => under(event) && showTip(under(event)));
  root.addEventListener("focusout", (event) => under(event) && hideTip());
  // A text that scrolls under a resting pointer shows no tip; only a moving pointer does.
  root.addEventListener("pointermove", (event) => {
    const node = under(event);
    if (!node || (event.movementX === 0 && event.movementY === 0) || event.pointerType === "touch") return;
    clearTimeout(timer);
    timer = setTimeout(() => node.isConnected && node.matches(":hover") && showTip(node), HOVER);
  });
  root.addEventListener("pointerout", (event) => {
    clearTimeout(timer);
    // The pointer can move from the word to its tip.
    if (under(event) && event.relatedTarget !== byId("tip") && under(event) !== document.activeElement) hideTip();
  });
}

/** The tip that all marks share; views with marks add it to the page. */
export function tip() {
  const node = el("div", { id: "tip", role: "tooltip", class: "tip", hidden: true });
  node.addEventListener("pointerleave", hideTip);
  return node;
}

function showTip(node) {
  const shown = byId("tip");
  if (shown === null) return;
  const says = node.dataset.says;
  shown.textContent = says.charAt(0).toUpperCase() + says.slice(1);
  shown.hidden = false;
  const at = node.getClientRects()[0] ?? node.getBoundingClientRect();
  const room = document.documentElement.clientWidth - shown.offsetWidth - 8;
  const above = at.top - shown.offsetHeight - 4;
  shown.style.left = `${Math.max(8, Math.min(at.left, room))}px`;
  shown.style.top = `${above > 4 ? above : at.bottom + 4}px`;
}

function hideTip() {
  const shown = byId("tip");
  if (shown !== null) shown.hidden = true;
}

document.addEventListener("keydown", (event) => event.key === "Escape" && hideTip());
document.addEventListener("scroll", hideTip, { passive: true, capture: true });
