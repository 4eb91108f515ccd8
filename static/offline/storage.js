// Actions that wait to be sent, in the browser's storage. Each is an item of its own, as several tabs share the storage.
import { account } from "../accounts/session.js";

/**
 * @typedef {object} Action
 * @property {string} key identifies the action for the server, and sorts by time
 * @property {string} url
 * @property {[string, string][]} fields
 * @property {string} label what it does, in words
 * @property {string} [problem] why the server rejected it: it is shown, and not sent again
 */

const PREFIX = `taskflow-action-${account}-`;

let count = 0;

/** Returns a new key. It does not need https, as `crypto.randomUUID` does. */
export function newKey() {
  count += 1;
  const random = crypto.getRandomValues(new Uint32Array(3)).join("");
  return `${Date.now()}-${String(count).padStart(5, "0")}-${random}`;
}

/** Stores an action, or replaces it. @param {Action} action */
export const store = (action) => localStorage.setItem(PREFIX + action.key, JSON.stringify(action));

/** Deletes an action. @param {Action} action */
export const unstore = ({ key }) => localStorage.removeItem(PREFIX + key);

/** Returns whether no tab has sent or discarded an action yet. @param {Action} action */
export const isStored = ({ key }) => localStorage.getItem(PREFIX + key) !== null;

const storedNames = () =>
  Object.keys(localStorage)
    .filter((name) => name.startsWith(PREFIX))
    .sort();

/** Returns every action, the oldest first. @returns {Action[]} */
export const readStored = () => storedNames().map((name) => JSON.parse(localStorage.getItem(name) ?? ""));

/** Deletes every action of this account. */
export function clearStored() {
  for (const name of storedNames()) localStorage.removeItem(name);
}
