// Reports that the page of a shared project is open, shows who else has it open, and marks the tasks that others have
// changed since the reader's visit before.
import { accountHeaders } from "../accounts/session.js";
import { address } from "../ui/address.js";
import { find, findAll } from "../ui/dom.js";

const INTERVAL_MS = 30_000;

/** The ids of tasks. @type {Set<string>} */
let unread = new Set();

function markRows() {
  for (const row of findAll("#task-list > .task"))
    row.toggleAttribute("data-unread", unread.has(row.id.replace("task-", "")));
}

async function report() {
  const place = find("#presence");
  if (!place || document.visibilityState !== "visible") return;
  const url = address(`/projects/${place.dataset.project}/presence`);
  const response = await fetch(url, { method: "POST", headers: accountHeaders }).catch(() => undefined);
  if (!response?.ok) return;
  place.innerHTML = await response.text();
  unread = new Set(find("#presence [data-unread]")?.dataset.unread?.split(" "));
  markRows();
}

void report();
setInterval(report, INTERVAL_MS);
addEventListener("visibilitychange", report);
// A row that is sent again has no mark.
addEventListener("htmx:after:swap", markRows);
