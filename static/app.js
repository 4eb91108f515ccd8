// What HTML and htmx can't say by themselves. Every page works without this file; with it, less has to be waited for.
const find = (selector) => document.querySelector(selector);
const list = () => find("#task-list");

document.documentElement.classList.add("has-script");

// --- Requests -------------------------------------------------------------------------------------------------------

addEventListener("htmx:config:request", (event) => {
  const { ctx } = event.detail;
  const { request, sourceElement } = ctx;
  if (sourceElement.id === "add") takeLine(event, ctx);
  ctx.row = sourceElement.closest(".task")?.id;
  if (sourceElement.id === "filters") shortenQuery(request.body);
  if (sourceElement.matches(".task-link") && !mayDiscard()) event.preventDefault();
  // A task that opens beside a list keeps the list's view in its address, so that back and reload know it.
  if (sourceElement.matches(".task-link")) request.action = sourceElement.getAttribute("href") + location.search;
});

/** The line is free for the next task at once; Enter on an empty one, or pressed twice, adds nothing. */
function takeLine(event, ctx) {
  const title = ctx.request.body.get("title");
  if (title.trim()) {
    ctx.line = { title, priority: ctx.request.body.get("priority") };
    typedIn.delete(find("#add-title"));
    setLine({ title: "", priority: "medium" });
  } else event.preventDefault();
  find("#add-title").focus();
}

/** What could not be added is there again, unless something else is being written by now. */
function giveLineBack({ line }) {
  if (line && !find("#add-title").value) setLine(line);
}

function setLine({ title, priority }) {
  find("#add-title").value = title;
  find("#add-priority").value = priority;
}

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
  if (!succeeded) giveLineBack(ctx);
  // Undo leads back to where the action was done.
  if (ctx.row && toasts.lastElementChild) toasts.lastElementChild.dataset.row ??= ctx.row;
  if (succeeded && sourceElement?.closest?.(".toast-note")) removeToast(sourceElement.closest(".toast-note"));
  if (sourceElement?.matches?.(".task-link")) find("#panel:not([hidden]) .panel-title")?.focus({ preventScroll: true });
  if (succeeded && sourceElement?.id === "edit") markSaved();
  // The bar goes with the selection, and would take the focus along.
  if (succeeded && sourceElement?.id === "bulk") list().focus({ preventScroll: true });
  // The task that was open has gone.
  if (list() && location.pathname !== "/tasks" && !find("#panel.panel-open")) {
    showListAddress(`/tasks${location.search}`);
    if (document.activeElement === document.body) list().focus({ preventScroll: true });
  }
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
  rowInFocus = target.closest?.(".task")?.id ?? null;
  lastRow = rowInFocus ?? lastRow;
});
const focusRow = (id) => (document.getElementById(id)?.querySelector(".task-link") ?? find("#add-title"))?.focus();

new MutationObserver(() => {
  const active = document.activeElement;
  if (!rowInFocus || (active !== document.body && active?.isConnected && !active.closest(".task[hidden]"))) return;
  const row = document.getElementById(rowInFocus);
  if (row && !row.hidden) return;
  rowInFocus = null;
  const next = row?.nextElementSibling?.matches(".task:not([hidden])")
    ? row.nextElementSibling
    : row?.previousElementSibling;
  (next?.querySelector(".task-link") ?? find("#add-title"))?.focus({ preventScroll: true });
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
  if (hadFocus) focusRow(toast.dataset.row ?? lastRow);
}

const toasts = find("#toasts");
for (const toast of toasts.children) dismissLater(toast);
new MutationObserver((changes) => {
  for (const toast of changes.flatMap(({ addedNodes }) => [...addedNodes])) {
    if (toast instanceof HTMLElement) dismissLater(toast);
  }
  while (toasts.children.length > 3) toasts.firstElementChild.remove();
}).observe(toasts, { childList: true });

// --- Selection ------------------------------------------------------------------------------------------------------

const boxes = () => [...document.querySelectorAll('.task:not([hidden]) input[name="ids"]')];

function showSelection() {
  const count = find("#bulk-count");
  if (count) count.textContent = `${boxes().filter((box) => box.checked).length} selected`;
}

function selectAll(selected) {
  for (const box of boxes()) box.checked = selected;
  showSelection();
}

addEventListener("change", ({ target }) => {
  if (target.name === "ids") showSelection();
  if (target.form?.matches("[data-submit-on-change]")) target.form.requestSubmit();
});

// --- The task beside the list ---------------------------------------------------------------------------------------

/** The address follows what shows: without a task beside it, the list. */
function showListAddress(url) {
  if (location.pathname !== "/tasks") history.pushState({ htmx: true }, "", url);
  document.title = "Tasks · TaskFlow";
}

/** What was written and not saved is only given up when asked. */
function isUnsaved() {
  return [...(find("#edit")?.elements ?? [])].some((field) =>
    field.type === "radio"
      ? field.checked !== field.defaultChecked
      : field.matches("textarea") && field.value !== field.defaultValue,
  );
}

/** The morph leaves what was typed as typed; from here on it is also what is stored. */
function markSaved() {
  for (const field of find("#edit")?.elements ?? []) {
    if (field.type === "radio") field.defaultChecked = field.checked;
    else if (field.matches("textarea")) field.defaultValue = field.value;
  }
}

const mayDiscard = () => !isUnsaved() || confirm("Leave without saving what you wrote?");

addEventListener("beforeunload", (event) => {
  if (isUnsaved() && !find("#edit").dataset.sent) event.preventDefault();
});
addEventListener("submit", ({ target }) => {
  if (target.id === "edit" && !target.hasAttribute("hx-post")) target.dataset.sent = "";
});

function closePanel() {
  const panel = find("#panel.panel-open");
  if (!panel) return false;
  if (!mayDiscard()) return true;
  const { task } = panel.dataset;
  const back = panel.querySelector("[data-close-panel]").getAttribute("href");
  showListAddress(back);
  panel.replaceChildren();
  panel.className = "panel";
  panel.hidden = true;
  focusRow(`task-${task}`);
  return true;
}

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

const banner = find("#connection");
const RETRY_MS = 2000;

async function reconnect() {
  try {
    if ((await fetch("/healthz", { cache: "no-store" })).ok) {
      banner.hidden = true;
      readListAnew();
      return;
    }
  } catch {
    // Still away.
  }
  setTimeout(reconnect, RETRY_MS);
}

function disconnected() {
  if (!banner.hidden) return;
  banner.hidden = false;
  setTimeout(reconnect, RETRY_MS);
}

addEventListener("offline", disconnected);
addEventListener("htmx:error", ({ detail: { ctx } }) => {
  if (ctx) giveLineBack(ctx);
  if (ctx && !ctx.response) disconnected();
});
