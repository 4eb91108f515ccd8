// Prints the whole list, of which the page may have loaded only a part, and the open task as it is in its form.
import { accountHeaders } from "../accounts/session.js";
import { find, findAll, targetOf } from "../ui/dom.js";

const printLink = () => /** @type {HTMLAnchorElement | null} */ (find("a[data-print]"));

addEventListener("beforeprint", () => {
  for (const copy of findAll("#panel [data-printed]")) {
    const field = /** @type {HTMLTextAreaElement | null} */ (find(`#edit [name="${copy.dataset.printed}"]`));
    if (!field || field.value === field.defaultValue) continue;
    // What is not saved is not rendered yet.
    copy.textContent = field.value;
    copy.classList.add("is-typed");
  }
  const link = printLink();
  if (link && find("#panel[hidden]")) addWholeList(link);
});

addEventListener("afterprint", () => {
  document.body.classList.remove("prints-list");
  find("body > #printed-list")?.remove();
});

addEventListener("click", (event) => {
  if (!targetOf(event).closest("a[data-print]")) return;
  event.preventDefault();
  print();
});

/** Adds the whole list, which is printed instead of the page. @param {HTMLAnchorElement} link to its own page */
function addWholeList({ pathname }) {
  // Synchronous, as the browser prints once this returns.
  const request = new XMLHttpRequest();
  request.open("GET", pathname + location.search, false);
  for (const [name, value] of Object.entries(accountHeaders)) request.setRequestHeader(name, value);
  try {
    request.send();
  } catch {
    return; // Offline. The page prints what it has, with a note.
  }
  const list = new DOMParser().parseFromString(request.responseText, "text/html").getElementById("printed-list");
  if (!list) return;
  document.body.append(list);
  document.body.classList.add("prints-list");
}
