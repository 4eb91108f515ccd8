// The notes are a document until they are edited: after a click on them, or with Enter or e. The page says that they are,
// as a response may replace the panel before then.
import { findField, targetOf } from "../ui/dom.js";
import { onKeydown } from "../ui/keyboard.js";

/** Shows the text of the notes while it has the focus, or is not saved. */
function showText() {
  const field = findField("description");
  const isEdited = field !== null && (document.activeElement === field || field.value !== field.defaultValue);
  document.documentElement.toggleAttribute("data-edits-notes", isEdited);
}

function editNotes() {
  const field = findField("description");
  if (!field) return;
  document.documentElement.setAttribute("data-edits-notes", "");
  field.focus();
  field.setSelectionRange(field.value.length, field.value.length);
}

addEventListener("click", (event) => {
  const target = targetOf(event);
  const isText = target.closest("[data-edit-notes]") && !target.closest("a, button");
  // Who selects text wants to copy it.
  if (target.closest(".notes-edit") || (isText && getSelection()?.isCollapsed !== false)) editNotes();
});

onKeydown((event) => {
  const control = targetOf(event);
  if (event.key !== "e" || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (!control.closest("#panel") || control.matches("input, textarea, select")) return;
  event.preventDefault();
  editNotes();
});

addEventListener("focusin", showText);
addEventListener("focusout", (event) => {
  if (targetOf(event).id === "description") showText();
});
addEventListener("htmx:after:swap", showText);
