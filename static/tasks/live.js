// Tasks that were changed elsewhere are updated here; unsaved input stays.
import { onChange, onReload } from "../changes/stream.js";
import { isOwnAction } from "../changes/undo.js";
import { find } from "../ui/dom.js";
import { isEditUnsaved } from "./edit.js";
import { findList, reloadList, sortField } from "./list.js";
import { whenPointerIsAway } from "./pointer.js";

const MAX_IDS = 100;

/** Changed tasks that are not updated yet. @type {Set<string>} */
const changed = new Set();
let isReloadDue = false;
let isUpdating = false;

const openTask = () => find("#panel[data-task]")?.dataset.task;

/** @param {string} id */
function update(id) {
  changed.add(id);
  void updateAll();
}

/** Reloads the list, which moves rows, once the pointer is away. */
function planReload() {
  whenPointerIsAway(() => {
    isReloadDue = true;
    void updateAll();
  });
}

/** Works through everything that is outdated, one request after the other: an older response must not come last. */
async function updateAll() {
  if (isUpdating) return;
  isUpdating = true;
  while (changed.size > 0 || isReloadDue) {
    const ids = [...changed];
    changed.clear();
    if (ids.length > 0) await updateTasks(ids).catch(() => {});
    if (!isReloadDue) continue;
    isReloadDue = false;
    await reloadList().catch(() => {});
  }
  isUpdating = false;
}

/** @param {string[]} ids */
async function updateTasks(ids) {
  const open = openTask();
  if (ids.length > MAX_IDS) {
    planReload();
    if (open) await updateTasks([open]);
    return;
  }
  const isOpen = open !== undefined && ids.includes(open);
  if (!findList() && !isOpen) return;
  const query = new URLSearchParams(ids.map((id) => ["id", id]));
  if (isOpen) query.set(isEditUnsaved() ? "keep" : findList() ? "open" : "alone", open);
  await htmx.ajax("GET", `/tasks/changed?${query}`, { source: "#main", swap: "none" });
}

onChange(({ entity, entityId, actionId, after = {} }) => {
  if (find("#live") || entity !== "task" || isOwnAction(actionId)) return;
  const sort = sortField();
  if (sort === "updatedAt" || (sort && Object.hasOwn(after, sort))) planReload();
  update(entityId);
});

onReload(() => {
  if (find("#live")) return;
  const open = openTask();
  planReload();
  if (open) update(open);
});

/** Returns whether a response has rows that the list has no place for. @param {string} html */
const hasNewRows = (html) =>
  [...html.matchAll(/<li class="task" id="([^"]+)"/g)].some(([, id = ""]) => !document.getElementById(id));

addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  const { action = "" } = ctx.request ?? {};
  const { text = "" } = ctx;
  if (action.endsWith("/undo") && hasNewRows(text)) void reloadList();
  if (action.startsWith("/tasks/changed?") && hasNewRows(text)) planReload();
  // On its own page a task gives the page its title; htmx sets none when nothing is swapped.
  if (ctx.title && !findList()) document.title = ctx.title;
  // The task that this page is about was undone into not existing.
  if (!findList() && find("#panel[hidden]")) location.assign("/tasks");
  // These responses contain rows; the open task may be one of them.
  const open = openTask();
  if (open && /\/(undo|bulk)$/.test(action) && text.includes(`id="task-${open}"`)) update(open);
});
