// Completes "@" in a comment with a member of the project: by the keyboard, the mouse and touch.
import { find, findAll, targetOf } from "../ui/dom.js";

const MOST = 6;

/** The field in which a member is being mentioned. @type {HTMLTextAreaElement | undefined} */
let field;

/** Returns what is typed of a username before the caret; undefined where no mention begins. @param {HTMLTextAreaElement} textarea */
function typedIn({ value, selectionStart, selectionEnd }) {
  if (selectionStart !== selectionEnd) return undefined;
  return /(?:^|[^\w@./-])@([\w.-]{0,64})$/.exec(value.slice(0, selectionStart))?.[1]?.toLowerCase();
}

const options = () => findAll("#mention-list .mention-option:not([hidden])");
const selected = () => find("#mention-list .mention-option[aria-selected='true']");

/** Shows the members that match. @param {HTMLTextAreaElement} textarea */
function update(textarea) {
  const list = find("#mention-list");
  const typed = typedIn(textarea);
  if (!list || typed === undefined) return close();
  let shown = 0;
  for (const option of findAll("#mention-list .mention-option")) {
    const name = (option.textContent ?? "").toLowerCase();
    option.hidden =
      !(name.startsWith(typed) || name.split(/[._-]/).some((part) => part.startsWith(typed))) || ++shown > MOST;
  }
  if (shown === 0 || (shown === 1 && options()[0]?.textContent?.toLowerCase() === typed)) return close();
  field = textarea;
  list.hidden = false;
  textarea.form?.append(list);
  textarea.setAttribute("aria-controls", list.id);
  textarea.setAttribute("aria-autocomplete", "list");
  select(options()[0]);
}

/** @param {HTMLElement | undefined} option */
function select(option) {
  for (const each of findAll("#mention-list .mention-option"))
    each.setAttribute("aria-selected", String(each === option));
  if (!option) return;
  field?.setAttribute("aria-activedescendant", option.id);
  option.scrollIntoView({ block: "nearest" });
}

function close() {
  const list = find("#mention-list");
  if (list) list.hidden = true;
  field?.removeAttribute("aria-activedescendant");
  field = undefined;
}

/** Writes the username in place of what was typed of it. @param {HTMLElement | null} option */
function choose(option) {
  if (!field || !option) return;
  const end = field.selectionStart;
  const start = end - (typedIn(field)?.length ?? 0);
  const next = field.value.charAt(end);
  field.setRangeText(`${option.textContent}${/^\s/.test(next) ? "" : " "}`, start, end, "end");
  field.focus();
  field.dispatchEvent(new Event("input", { bubbles: true }));
  close();
}

addEventListener("input", (event) => {
  const target = targetOf(event);
  // An input method has not finished the word.
  if (event instanceof InputEvent && event.isComposing) return;
  if (target instanceof HTMLTextAreaElement && target.matches(".comment-field")) update(target);
});
addEventListener("compositionend", (event) => {
  const target = targetOf(event);
  if (target instanceof HTMLTextAreaElement && target.matches(".comment-field")) update(target);
});

// Before the other keys: Escape closes only the list, and Enter sends nothing.
addEventListener(
  "keydown",
  (event) => {
    if (!field || targetOf(event) !== field || event.isComposing || event.keyCode === 229) return;
    const shown = options();
    const at = shown.indexOf(/** @type {HTMLElement} */ (selected()));
    if (event.key === "ArrowDown") select(shown[(at + 1) % shown.length]);
    else if (event.key === "ArrowUp") select(shown.at(at - 1));
    else if ((event.key === "Enter" && !event.ctrlKey && !event.metaKey) || event.key === "Tab") choose(selected());
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  },
  { capture: true },
);
addEventListener("focusout", (event) => {
  if (targetOf(event) === field) close();
});
// The field keeps the focus, and a phone its keyboard.
addEventListener("pointerdown", (event) => {
  if (targetOf(event).closest("#mention-list")) event.preventDefault();
});
addEventListener("mousedown", (event) => {
  if (targetOf(event).closest("#mention-list")) event.preventDefault();
});
addEventListener("click", (event) => {
  choose(/** @type {HTMLElement | null} */ (targetOf(event).closest(".mention-option")));
});
