// Creates elements. Strings become text, never markup, whatever they contain.

/** An element with attributes, listeners (`onclick`: …) and children; null and false are left out. */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(2).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** A button that submits nothing. */
export function button(label, onclick, attributes = {}) {
  return el("button", { type: "button", onclick, ...attributes }, label);
}

/**
 * An action of a button that only shows something: after a click with the mouse, the focus returns to where it was,
 * so that Enter accepts and does not press the button again.
 */
export function showing(action) {
  return (event) => {
    action(event);
    if (event.detail > 0) home();
  };
}

/** Moves the focus to the start of a view. */
export function home() {
  document.querySelector("[data-home]")?.focus({ preventScroll: true });
}

/** Makes the elements of `selector` below `root` one tab stop, with arrow keys between them. */
export function rove(root, selector) {
  const all = () => [...root.querySelectorAll(selector)];
  all().forEach((node, i) => (node.tabIndex = i === 0 ? 0 : -1));
  root.onkeydown = (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    const nodes = all();
    const at = nodes.indexOf(event.target);
    if (step === undefined || at < 0) return;
    event.preventDefault();
    const next = nodes[(at + step + nodes.length) % nodes.length];
    event.target.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  };
}

/** The cap of a key. */
export const cap = (key) => el("kbd", { "aria-hidden": "true" }, key);

/** Returns the element with this id in page.html. */
export const byId = (id) => document.getElementById(id);

/** Announces a visible message to screen readers. */
export function announce(text) {
  byId("announce").textContent = text;
}
