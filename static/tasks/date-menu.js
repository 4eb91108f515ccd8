// The due date: the menu of a row, and the fields of the open task.
import { address } from "../ui/address.js";
import { find, findField, targetOf } from "../ui/dom.js";
import { focusRow } from "../ui/focus.js";

const dialog = () => /** @type {HTMLDialogElement | null} */ (find("#date-menu"));

/** Opens the menu that sets the due date of a row. @param {HTMLElement} row */
export function openDateMenu(row) {
  const menu = dialog();
  const form = menu?.querySelector("form");
  if (!menu || !form) return;
  const due = row.querySelector("time[data-due]")?.getAttribute("datetime") ?? "";
  form.setAttribute("hx-post", address(`/tasks/${row.id.replace("task-", "")}/due`));
  form.reset();
  const field = form.querySelector("input");
  if (field) field.value = due.slice(0, 10);
  menu.dataset.row = row.id;
  htmx.process(form);
  menu.showModal();
}

addEventListener("click", (event) => {
  const control = targetOf(event);
  // A press beside the menu closes it.
  if (control === dialog() || control.closest(".date-menu-close")) dialog()?.close();
});

addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
  if (ctx.sourceElement.id !== "date-form") return;
  const menu = dialog();
  menu?.close();
  focusRow(document.getElementById(menu?.dataset.row ?? ""));
});

// A date that is still being typed is not saved, and neither is a rule before there is one.
addEventListener(
  "change",
  (event) => {
    const field = targetOf(event);
    const rule = findField("repeat-rule");
    if (field instanceof HTMLInputElement && field.type === "date" && !field.validity.valid) event.stopPropagation();
    if (field.id !== "repeat" || findField("repeat")?.value !== "custom" || !rule || rule.value) return;
    event.stopPropagation();
    rule.focus();
  },
  true,
);
