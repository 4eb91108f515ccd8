// A problem that this page reports itself, in a toast.
import { find } from "./dom.js";

/** @param {string} message */
export function showProblem(message) {
  const toast = document.createElement("div");
  toast.className = "toast-note toast-problem";
  const text = document.createElement("span");
  text.className = "toast-text";
  text.textContent = message;
  toast.append(text);
  find("#toasts")?.append(toast);
}
