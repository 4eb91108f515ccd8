// What HTML and htmx can't say by themselves. Every page works without this file; with it, less has to be waited for.
const find = (selector) => document.querySelector(selector);
const list = () => find("#task-list");

document.documentElement.classList.add("has-script");

// --- Requests -------------------------------------------------------------------------------------------------------

addEventListener("htmx:config:request", (event) => {
  const { ctx } = event.detail;
  const { request, sourceElement } = ctx;
  ctx.row = sourceElement.closest(".task")?.id;
  if (sourceElement.id === "filters") shortenQuery(request.body);
  if (sourceElement.matches(".task-link") && !mayDiscard()) event.preventDefault();
  // A task that opens beside a list keeps the list's view in its address, so that back and reload know it.
  if (sourceElement.matches(".task-link")) request.action = sourceElement.getAttribute("href") + location.search;
});

function readListAnew() {
  if (!list()) return;
  const query = new URLSearchParams(location.search);
  query.delete("cursor");
  // As many as there are: whoever has scrolled down stays where they are.
  query.set("limit", Math.min(Math.max(document.querySelectorAll("#task-list > .task").length, 50), 1000));
  return htmx.ajax("GET", `/tasks?${query}`, {
    source: "#task-list",
    target: "#results",
    select: "#results",
    swap: "outerMorph",
  });
}

/** Says in the address only what differs from the plain list. */
function shortenQuery(query) {
  const [sort, order] = (query.get("sort") ?? "").split(".");
  query.set("sort", sort);
  if (order !== (sort === "title" ? "asc" : "desc")) query.set("order", order);
  if (sort === "createdAt") query.delete("sort");
  if (query.get("status") === "open") query.delete("status");
  for (const name of ["q", "priority"]) if (!query.get(name)) query.delete(name);
}

addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  const { sourceElement, response } = ctx;
  const succeeded = response && response.status < 400;
  coverBehind();
  // Undo leads back to where the action was done.
  const toast = find("#toasts").lastElementChild;
  if (ctx.row && toast) toast.dataset.row ??= ctx.row;
  if (succeeded && sourceElement?.closest?.(".toast-note")) removeToast(sourceElement.closest(".toast-note"));
  if (sourceElement?.matches?.(".task-link")) find("#panel:not([hidden]) .panel-title")?.focus({ preventScroll: true });
  // The bar goes with the selection, and would take the focus along.
  if (succeeded && sourceElement?.id === "bulk") list().focus({ preventScroll: true });
  // The task that was open has gone.
  if (list() && location.pathname !== "/tasks" && !find("#panel.panel-open")) {
    showListAddress(`/tasks${location.search}`);
    if (document.activeElement === document.body) list().focus({ preventScroll: true });
  }
  if (!list() && document.activeElement === document.body) find("#panel:not(:has(#edit)) a")?.focus();
  if (!succeeded)
    find('#add [aria-invalid="true"], #panel [aria-invalid="true"], main form [aria-invalid="true"]')?.focus();
  showSelection();
});

/** What is being put right is no longer held against anybody. */
addEventListener("input", ({ target }) => {
  if (target.getAttribute("aria-invalid") !== "true" || target.id !== "add-title") return;
  target.removeAttribute("aria-invalid");
  find("#add-issue").textContent = "";
});

// --- Focus: never lost with the row that had it ---------------------------------------------------------------------

let rowInFocus = null;
let lastRow = null;
addEventListener("focusin", ({ target }) => {
  rowInFocus = target.closest?.(".task, .trash-row, .activity-row")?.id ?? null;
  lastRow = rowInFocus ?? lastRow;
});

/** To a row's first control, or to what the page begins with; to a sheet, where one covers both. */
function focusRow(row, options) {
  const open = isSheet() ? find("#panel .panel-title") : undefined;
  (open ?? controlOf(row) ?? find("#add-title") ?? find("#main")).focus(options);
}
const controlOf = (row) => row?.querySelector(".task-link") ?? row?.querySelector("button");

/** @returns the first row from a place on, one way or the other, that takes the focus */
function nearest(place, step) {
  for (let row = place?.[step]; row; row = row[step]) if (!row.hidden && controlOf(row)) return row;
}

new MutationObserver((changes) => {
  const active = document.activeElement;
  if (!rowInFocus || (active !== document.body && active?.isConnected && !active.closest(".task[hidden]"))) return;
  const row = document.getElementById(rowInFocus);
  if (row && !row.hidden && controlOf(row)) return;
  // It is hidden now, has nothing to press any more, or was taken out.
  const gap = row ?? changes.find(({ removedNodes }) => [...removedNodes].some(({ id }) => id === rowInFocus));
  rowInFocus = null;
  focusRow(nearest(gap, "nextSibling") ?? nearest(gap, "previousSibling"), { preventScroll: true });
}).observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: ["hidden"] });

// --- Rows that leave ------------------------------------------------------------------------------------------------

addEventListener("animationend", ({ target, animationName }) => {
  if (animationName === "leave" && target.matches(".task.leaving")) target.hidden = true;
});

// --- Messages -------------------------------------------------------------------------------------------------------

const TOAST_MS = 8000;

/** Goes by itself, but not from under a hand, and not before it could be read. */
function dismissLater(toast) {
  setTimeout(() => (toast.matches(":hover, :focus-within") ? dismissLater(toast) : toast.remove()), TOAST_MS);
}

function removeToast(toast) {
  const hadFocus = toast.matches(":focus-within");
  toast.remove();
  if (hadFocus) focusRow(document.getElementById(toast.dataset.row ?? lastRow));
}

for (const toast of find("#toasts").children) dismissLater(toast);
// The body, as the way back through the history puts all in it anew.
new MutationObserver((changes) => {
  for (const node of changes.flatMap(({ addedNodes }) => [...addedNodes])) {
    if (node instanceof HTMLElement && node.matches(".toast-note")) dismissLater(node);
  }
  const toasts = find("#toasts").children;
  while (toasts.length > 3) toasts[0].remove();
}).observe(document.body, { childList: true, subtree: true });

// --- Selection ------------------------------------------------------------------------------------------------------

const boxes = () => [...document.querySelectorAll('.task:not([hidden]) input[name="ids"]')];

function showSelection() {
  const count = find("#bulk-count");
  if (!count) return;
  const selected = boxes().filter((box) => box.checked).length;
  const most = selected === mostAtOnce() ? " (the most at once)" : "";
  count.textContent = `${selected.toLocaleString("en")} selected${most}`;
}

/** How many the server takes. */
const mostAtOnce = () => Number(find("#bulk").dataset.most);

function selectAll(selected) {
  for (const [index, box] of boxes().entries()) box.checked = selected && index < mostAtOnce();
  showSelection();
}

addEventListener("change", ({ target }) => {
  if (target.name === "ids") showSelection();
  if (target.name === "theme") document.documentElement.dataset.theme = target.value;
});

// --- Clicks and keys -------------------------------------------------------------------------------------------------

addEventListener("click", (event) => {
  const control = event.target.closest?.("[data-dismiss], [data-select-all], [data-select-none], [data-close-panel]");
  for (const menu of document.querySelectorAll(".view-menu[open]")) if (!menu.contains(event.target)) menu.open = false;
  if (!control) return;
  if ("dismiss" in control.dataset) removeToast(control.closest(".toast-note"));
  if ("selectAll" in control.dataset) selectAll(true);
  if ("selectNone" in control.dataset) selectAll(false);
  if ("closePanel" in control.dataset && closePanel()) event.preventDefault();
});

addEventListener("keydown", (event) => {
  const { key, target } = event;
  if (event.isComposing) return;
  // A title is one line, also where it has room to wrap.
  const submits =
    key === "Enter" &&
    (target.matches?.(".panel-title") || ((event.metaKey || event.ctrlKey) && target.form?.id === "edit"));
  if (submits) {
    event.preventDefault();
    target.form.requestSubmit();
  }
  if (key === "Escape") stepBack(target);
});

/** One step: the open menu, then the selection, then the open task, then the search. */
function stepBack(target) {
  const menu = find(".view-menu[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  } else if (boxes().some((box) => box.checked)) selectAll(false);
  else if (!closePanel() && target.id === "q") target.blur();
}

// --- A lost connection ----------------------------------------------------------------------------------------------

const banner = () => find("#connection");
const RETRY_MS = 2000;

async function reconnect() {
  try {
    if ((await fetch("/healthz", { cache: "no-store" })).ok) {
      banner().hidden = true;
      readListAnew();
      return;
    }
  } catch {
    // Still away.
  }
  setTimeout(reconnect, RETRY_MS);
}

function disconnected() {
  if (!banner().hidden) return;
  banner().hidden = false;
  setTimeout(reconnect, RETRY_MS);
}

addEventListener("offline", disconnected);
addEventListener("htmx:error", ({ detail: { ctx } }) => {
  if (ctx && !ctx.response) disconnected();
});
