// A rejected form: the first invalid field takes the focus, unless the reader is in a field already, and may be typing.
import { find, targetOf } from "./dom.js";

const isInField = () => document.activeElement?.matches("input, textarea, select") ?? false;

// htmx would focus the field all the same, as the page without a script does.
addEventListener("htmx:before:swap", ({ detail: { ctx, tasks } }) => {
  if (!ctx.response || ctx.response.status < 400 || !isInField()) return;
  for (const { fragment } of tasks)
    for (const field of fragment.querySelectorAll("[autofocus]")) field.removeAttribute("autofocus");
});

addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  if (ctx.response && ctx.response.status < 400) return;
  if (isInField()) return;
  find('#add [aria-invalid="true"], #panel [aria-invalid="true"], main form [aria-invalid="true"]')?.focus();
});

// The line for new tasks clears its message as soon as it is edited.
addEventListener("input", (event) => {
  const field = targetOf(event);
  if (field.id !== "add-title" || field.getAttribute("aria-invalid") !== "true") return;
  field.removeAttribute("aria-invalid");
  find("#add-issue")?.replaceChildren();
});
