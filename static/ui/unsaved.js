// Unsaved input: whether anything that was typed or chosen would be lost.

/** @type {(() => boolean)[]} */
const checks = [];

/** Registers a check for input that is not saved yet. @param {() => boolean} check */
export const addUnsavedCheck = (check) => checks.push(check);

/** Returns whether anything would be lost with this page. */
export const hasUnsavedInput = () => checks.some((check) => check());

/** Asks before input is lost. @param {boolean} unsaved whether there is any */
export const confirmDiscard = (unsaved) => !unsaved || confirm("Leave without saving your changes?");

/** @typedef {HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement} Field */

/**
 * Returns every field of a form, whatever its type.
 * @param {HTMLFormElement} form
 * @returns {Field[]}
 */
const fieldsOf = (form) =>
  /** @type {Field[]} */ ([...form.elements].filter((element) => element.matches("input, textarea, select")));

/** Returns what a field contains. @param {Field} field */
function stateOf(field) {
  if (field instanceof HTMLSelectElement) return [...field.selectedOptions].map(({ index }) => index).join();
  return field instanceof HTMLInputElement && /^(checkbox|radio)$/.test(field.type) ? `${field.checked}` : field.value;
}

/** Returns whether a field differs from its state after a reset. @param {Field} field */
function isChanged(field) {
  // The browser itself knows the default of every type of field: a copy is reset and compared.
  const form = document.createElement("form");
  const initial = /** @type {Field} */ (field.cloneNode(true));
  form.append(initial);
  form.reset();
  // A date that is only partly typed has an empty value.
  return field.validity.badInput || stateOf(field) !== stateOf(initial);
}

/** Returns whether any field of a form was changed. @param {HTMLFormElement} form */
export const isFormChanged = (form) => fieldsOf(form).some(isChanged);

/** Returns what all fields contain, to compare it later. @param {HTMLFormElement} form */
export const snapshotOf = (form) => JSON.stringify(fieldsOf(form).map(stateOf));

addEventListener("beforeunload", (event) => {
  if (hasUnsavedInput()) event.preventDefault();
});
