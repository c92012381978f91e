// The history of shown cases: K returns to the last answered case, and J goes forward
// again.

let shown = [];
let at = -1;

/** Starts again after these cases, the last one answered last. */
export function beginTrail(ids) {
  shown = [...new Set(ids)];
  at = shown.length;
}

/** Records the shown case: at the current position, else at the end. */
export function noteShown(id) {
  if (shown[at] === id) return;
  shown = [...shown.filter((other) => other !== id), id].slice(-200);
  at = shown.length - 1;
}

/** The case before or after the one that is shown; undefined at an end of the trail. */
export function step(by) {
  const id = shown[at + by];
  if (id !== undefined) at += by;
  return id;
}
