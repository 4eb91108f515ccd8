/**
 * Registers a handler for key presses, except those that belong to an input method.
 * @param {(event: KeyboardEvent) => void} handler
 */
export function onKeydown(handler) {
  addEventListener("keydown", (event) => {
    // Safari sends the Enter that ends a composition after `compositionend`, with this key code only.
    if (!event.isComposing && event.keyCode !== 229) handler(event);
  });
}
