// Lines that add one thing after the other: free for the next one at once, while the previous one is being sent.

const LINES = "form[data-line]";

/** What each request adds. @type {WeakMap<object, { field: HTMLInputElement, text: string }>} */
const sent = new WeakMap();

addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
  const form = ctx.sourceElement;
  if (!form.matches(LINES)) return;
  const field = /** @type {HTMLInputElement | null} */ (form.querySelector("input:not([type=hidden])"));
  if (!field) return;
  sent.set(ctx, { field, text: field.value });
  field.value = "";
});

addEventListener("htmx:after:request", ({ detail: { ctx } }) => {
  const line = sent.get(ctx);
  // What could not be added comes back.
  if (line && ctx.response && ctx.response.status >= 400 && !line.field.value) line.field.value = line.text;
});
