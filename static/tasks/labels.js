// Completes labels in fields: of several, separated by commas, the last one.
import { address } from "../ui/address.js";
import { targetOf } from "../ui/dom.js";

const MOST = 8;

/** The labels of the account. @type {string[]} */
let known = [];
/** The field with the focus, and what it had then. @type {{ field: HTMLInputElement, value: string } | undefined} */
let edited;
/** @type {HTMLUListElement | undefined} */
let list;

/** @param {EventTarget | null} target @returns {HTMLInputElement | undefined} */
const labelField = (target) =>
  target instanceof HTMLInputElement && target.matches("[data-labels]") ? target : undefined;

/** Letters as people compare them. @param {string} text */
const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().trim();

/** Returns the labels before the last one, and the last one. @param {HTMLInputElement} field */
function partsOf({ value, dataset }) {
  const parts = dataset.labels === "many" ? value.split(",") : [value];
  return { before: parts.slice(0, -1).map((each) => each.trim()), last: (parts.at(-1) ?? "").trim() };
}

/** Returns the labels that fit what is being typed: those that start with it first. @param {HTMLInputElement} field */
function fitting(field) {
  const { before, last } = partsOf(field);
  const [typed, taken] = [plain(last), before.map(plain)];
  const found = known.filter((name) => plain(name).includes(typed) && !taken.includes(plain(name)));
  const rank = (/** @type {string} */ name) => Number(!plain(name).startsWith(typed));
  return found.sort((one, other) => rank(one) - rank(other)).slice(0, MOST);
}

const options = () => [...(list?.querySelectorAll("li") ?? [])];
const chosen = () => options().find((option) => option.ariaSelected === "true");

function closeList() {
  list?.remove();
  list = undefined;
  edited?.field.setAttribute("aria-expanded", "false");
  edited?.field.removeAttribute("aria-activedescendant");
}

/** @param {HTMLInputElement} field */
function showList(field) {
  closeList();
  const names = fitting(field);
  if (names.length === 0) return;
  list = document.createElement("ul");
  list.className = "label-options";
  list.id = `${field.id}-options`;
  list.role = "listbox";
  list.ariaLabel = "Labels";
  for (const [index, name] of names.entries()) {
    const option = document.createElement("li");
    option.id = `${list.id}-${index}`;
    option.role = "option";
    option.ariaSelected = "false";
    option.textContent = name;
    list.append(option);
  }
  field.after(list);
  field.setAttribute("aria-controls", list.id);
  field.setAttribute("aria-expanded", "true");
}

/** Shows what fits, unless nothing was typed or it is complete. @param {HTMLInputElement} field */
function followTyping(field) {
  const { last } = partsOf(field);
  if (last === "" || known.includes(last)) closeList();
  else showList(field);
}

/** @param {HTMLInputElement} field @param {number} step */
function moveChoice(field, step) {
  if (!list) showList(field);
  const all = options();
  const at = all.findIndex((option) => option.ariaSelected === "true");
  const next = all[at < 0 ? (step > 0 ? 0 : all.length - 1) : (at + step + all.length) % all.length];
  for (const option of all) option.ariaSelected = String(option === next);
  if (next) field.setAttribute("aria-activedescendant", next.id);
}

/** @param {HTMLInputElement} field @param {string} name */
function pick(field, name) {
  const { before } = partsOf(field);
  field.value = field.dataset.labels === "many" ? [...before, name, ""].join(", ") : name;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  closeList();
}

addEventListener("focusin", async (event) => {
  const field = labelField(event.target);
  if (!field) return;
  edited = { field, value: field.value };
  // Typing adds a label. It would replace all of them where a field that gets the focus is selected.
  field.setSelectionRange(field.value.length, field.value.length);
  field.role = "combobox";
  field.ariaAutoComplete = "list";
  field.setAttribute("aria-expanded", "false");
  const response = await fetch(address("/api/labels")).catch(() => undefined);
  if (!response?.ok) return;
  const { items } = await response.json();
  known = items.map((/** @type {{ name: string }} */ { name }) => name);
  if (edited?.field === field && field.value !== edited.value) followTyping(field);
});

// What is typed after the labels is another one.
addEventListener("beforeinput", (event) => {
  const field = labelField(event.target);
  if (!field || event.inputType !== "insertText" || event.data === ",") return;
  const { value, selectionStart, dataset } = field;
  const isAfter = value !== "" && value === edited?.value && selectionStart === value.length;
  if (isAfter && dataset.labels === "many") field.value = `${value}, `;
});

addEventListener("input", (event) => {
  const field = labelField(event.target);
  if (field && event.isTrusted) followTyping(field);
});

addEventListener("click", (event) => {
  const field = labelField(event.target);
  if (field) showList(field);
  const option = targetOf(event).closest(".label-options li");
  if (option && edited) pick(edited.field, option.textContent ?? "");
});
// The field keeps the focus while an option is pressed.
addEventListener("mousedown", (event) => {
  if (targetOf(event).closest(".label-options")) event.preventDefault();
});

// Before the handlers of the page, which would close the task.
addEventListener(
  "keydown",
  (event) => {
    const field = labelField(event.target);
    if (!field || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    const { key } = event;
    const option = chosen();
    if (key === "ArrowDown" || key === "ArrowUp") moveChoice(field, key === "ArrowDown" ? 1 : -1);
    else if (key === "Enter" && option) pick(field, option.textContent ?? "");
    else if (key === "Escape" && list) closeList();
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  },
  { capture: true },
);

addEventListener("focusout", (event) => {
  const field = labelField(event.target);
  if (!field || !edited) return;
  closeList();
  const { value } = edited;
  edited = undefined;
  field.value = field.value.replace(/[\s,]+$/, "");
  // Browsers report no change of what a script has filled in.
  if (field.value !== value) field.dispatchEvent(new Event("change", { bubbles: true }));
});
