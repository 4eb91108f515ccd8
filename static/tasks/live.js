// Tasks that were changed elsewhere are updated here; unsaved input stays.
import { onChange, onReload } from "../changes/stream.js";
import { isOwnAction } from "../changes/undo.js";
import { onSettle } from "../offline/queue.js";
import { address } from "../ui/address.js";
import { find } from "../ui/dom.js";
import { isEditUnsaved } from "./edit.js";
import { datedPlace, findList, listPath, reloadList, sortField } from "./list.js";
import { whenPointerIsAway } from "./pointer.js";

const MAX_IDS = 100;

/** Changed tasks that are not updated yet, and those of which only the row is outdated. @type {[Set<string>, Set<string>]} */
const [changed, rows] = [new Set(), new Set()];
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
  while (changed.size + rows.size > 0 || isReloadDue) {
    const [ids, others] = [[...changed], [...rows.difference(changed)]];
    changed.clear();
    rows.clear();
    if (ids.length + others.length > 0) await updateTasks(ids, others).catch(() => {});
    if (!isReloadDue) continue;
    isReloadDue = false;
    await reloadList().catch(() => {});
  }
  isUpdating = false;
}

/** @param {string[]} ids @param {string[]} [others] tasks of which only the row is outdated */
async function updateTasks(ids, others = []) {
  const open = openTask();
  if (ids.length + others.length > MAX_IDS) {
    planReload();
    if (open) await updateTasks([open]);
    return;
  }
  const query = new URLSearchParams([...ids.map((id) => ["id", id]), ...others.map((id) => ["row", id])]);
  if (open) query.set(isEditUnsaved() ? "keep" : "open", open);
  await htmx.ajax("GET", address(`/tasks/changed?${query}`), { source: "#main", swap: "none" });
}

/** The fields that some lists are sorted by. @type {Record<string, string[]>} */
const FIELDS_OF = {
  dueDate: ["dueDate", "dueTime", "startDate"],
  manual: ["position", "sectionId", "parentId"],
};

onChange(({ entity, entityId, verb, actionId, before, after }) => {
  if (!findList()) return;
  if (entity === "section") planReload();
  if (entity === "project" || /^(arrangeProjects|receiveInvite|endInvite)$/.test(verb)) {
    // The list is gone with its project.
    if (after?.deletedAt && listPath() === address(`/projects/${entityId}`)) location.assign(address("/projects"));
    else planReload();
  }
  if (entity === "comment") {
    // A row says how many there are. What was deleted or restored does not say where.
    const task = after?.taskId ?? (document.getElementById(`comment-${entityId}`) && openTask());
    if (task) rows.add(String(task));
    if (task) void updateAll();
    else if (verb !== "update") planReload();
  }
  if (entity !== "task") return;
  const isOwn = isOwnAction(actionId);
  const sort = sortField();
  const isNewAndOwn = isOwn && !before;
  // The row may have to move. A new row is in its place already.
  if (
    sort &&
    !isNewAndOwn &&
    (sort === "updatedAt" || (FIELDS_OF[sort] ?? [sort]).some((name) => Object.hasOwn(after ?? {}, name))) &&
    // What this page has moved is in its place.
    !(isOwn && sort === "manual")
  )
    planReload();
  // A completion of a repeating task.
  if (after && "lastCompletedAt" in after && listPath() === address("/completed")) planReload();
  if (!isOwn) update(entityId);
});

onReload(() => {
  if (find("#live")) return;
  const open = openTask();
  planReload();
  if (open) update(open);
});

// No part of this page waited for the response to what an earlier page stored.
onSettle(({ url }, outcome, isReplay) => {
  const open = openTask();
  if (isReplay && outcome === "done" && open && url === address(`/tasks/${open}`)) update(open);
});

// The page no longer has the form, and has not shown the response.
addEventListener("htmx:finally:request", ({ detail: { ctx } }) => {
  const { id, isConnected } = ctx.sourceElement;
  if (id === "edit" && !isConnected && ctx.response) update(ctx.request.action.split("/").at(-1) ?? "");
});

/** Returns whether a response has rows that the list has no place for. @param {string} html */
const hasNewRows = (html) =>
  [...html.matchAll(/<li class="task" id="([^"]+)"/g)].some(([, id = ""]) => !document.getElementById(id));

addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  const { action = "" } = ctx.request ?? {};
  const { text = "" } = ctx;
  if (action.endsWith("/undo") && hasNewRows(text)) void reloadList();
  if (action.startsWith(address("/tasks/changed?")) && hasNewRows(text)) planReload();
  // A new row may need the heading of its group; or the row that follows it is not here, and the end of the list is.
  if (action === address("/tasks") && (datedPlace() || (hasNewRows(text) && !find(".load-more")))) void reloadList();
  // htmx sets no title when nothing is swapped.
  if (ctx.title && openTask()) document.title = ctx.title;
  // These responses contain rows; the open task may be one of them.
  const open = openTask();
  const isOther = open && !action.includes(open) && /\/(undo|bulk|completion|deletion)$/.test(action);
  if (isOther && text.includes(`id="task-${open}"`)) update(open);
});
