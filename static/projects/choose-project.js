// The choice of a project for the row with the focus, or for the selection. It offers what the bar of the selection does.
import { hasSelection } from "../tasks/selection.js";
import { address } from "../ui/address.js";
import { find, findForm } from "../ui/dom.js";

/** @param {HTMLElement} row */
export function chooseProject(row) {
  const select = /** @type {HTMLSelectElement | null} */ (find("#bulk-project"));
  if (!select) return;
  const dialog = document.createElement("dialog");
  dialog.className = "keys choose-project";
  dialog.setAttribute("aria-labelledby", "choose-project-title");
  const title = document.createElement("h2");
  title.id = "choose-project-title";
  title.textContent = "Move to project";
  dialog.append(title);
  for (const { value, text } of select.options) {
    const button = document.createElement("button");
    button.className = "place";
    button.type = "button";
    button.textContent = text;
    button.addEventListener("click", () => {
      dialog.close();
      move(row, select, value);
    });
    dialog.append(button);
  }
  dialog.addEventListener("keydown", (event) => moveFocus(dialog, event));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

/** Moves the focus by arrows, and by the first letter of a name. @param {HTMLElement} dialog @param {KeyboardEvent} event */
function moveFocus(dialog, event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const buttons = [...dialog.querySelectorAll("button")];
  const at = buttons.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
  const following = [...buttons.slice(at + 1), ...buttons.slice(0, at + 1)];
  const { key } = event;
  const target =
    key === "ArrowDown"
      ? following[0]
      : key === "ArrowUp"
        ? following.at(-2)
        : key.length === 1 && key !== " "
          ? following.find(({ textContent }) => textContent?.toLowerCase().startsWith(key.toLowerCase()))
          : undefined;
  if (!target) return;
  event.preventDefault();
  target.focus();
}

/** @param {HTMLElement} row @param {HTMLSelectElement} select @param {string} projectId */
function move(row, select, projectId) {
  if (hasSelection()) {
    select.value = projectId;
    findForm("bulk")
      ?.querySelector(/** @type {"button"} */ ("[value=move]"))
      ?.click();
    return;
  }
  const values = { action: "move", ids: row.id.replace("task-", ""), projectId };
  void htmx.ajax("POST", address("/tasks/bulk"), { source: row, swap: "none", values });
}
