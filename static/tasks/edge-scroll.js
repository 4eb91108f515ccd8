// The window scrolls while something is dragged near its edges.
const EDGE_PX = 56;
const STEP_PX = 12;

/** @type {ReturnType<typeof setInterval> | undefined} */
let scrolling;

/** Scrolls while the pointer stays near an edge. @param {number} y of the pointer */
export function scrollAtEdge(y) {
  stopScrolling();
  const step = y < EDGE_PX ? -STEP_PX : y > innerHeight - EDGE_PX ? STEP_PX : 0;
  if (step) scrolling = setInterval(() => scrollBy(0, step), 16);
}

export const stopScrolling = () => clearInterval(scrolling);
