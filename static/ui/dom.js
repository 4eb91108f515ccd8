/**
 * Returns the first element that matches.
 * @param {string} selector
 * @returns {HTMLElement | null}
 */
export const find = (selector) => document.querySelector(selector);

/**
 * Returns every element that matches.
 * @param {string} selector
 * @returns {HTMLElement[]}
 */
export const findAll = (selector) => [...document.querySelectorAll(/** @type {"div"} */ (selector))];

/**
 * Returns the field with an id.
 * @param {string} id
 * @returns {HTMLInputElement | null}
 */
export const findField = (id) => /** @type {HTMLInputElement | null} */ (document.getElementById(id));

/**
 * Returns the form with an id.
 * @param {string} id
 * @returns {HTMLFormElement | null}
 */
export const findForm = (id) => /** @type {HTMLFormElement | null} */ (document.getElementById(id));

/**
 * Returns the element that an event happened on; for an event of the whole page, its root.
 * @param {Event} event
 * @returns {Element}
 */
export const targetOf = ({ target }) => (target instanceof Element ? target : document.documentElement);
