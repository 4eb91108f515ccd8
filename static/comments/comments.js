// The comments of the open task: those of others appear, and what is being typed stays.
import { onChange, onReload } from "../changes/stream.js";
import { isOwnAction } from "../changes/undo.js";
import { onSettle } from "../offline/queue.js";
import { address } from "../ui/address.js";
import { find, findAll, targetOf } from "../ui/dom.js";
import { onKeydown } from "../ui/keyboard.js";
import { forgetDraft, showDrafts } from "./drafts.js";

const PAGE = 50;

const openTask = () => find("#comment-box")?.dataset.task;

/** Whether the comments are being read, and have to be read again. */
let [isReading, isOutdated] = [false, false];

/** Reads the comments again, as many as there are, one request after the other. */
async function reread() {
  isOutdated = true;
  if (isReading) return;
  isReading = true;
  while (isOutdated) {
    isOutdated = false;
    const task = openTask();
    if (!task) break;
    const shown = findAll("#comment-list > .comment").length;
    const limit = Math.max(PAGE, Math.ceil(shown / PAGE) * PAGE);
    await htmx
      .ajax("GET", address(`/tasks/${task}/comments?limit=${limit}`), {
        source: "#main",
        target: "#comment-box",
        select: "#comment-box",
        swap: "outerMorph",
      })
      .catch(() => {});
  }
  isReading = false;
}

onChange(({ entity, entityId, verb, after, actionId, undoes }) => {
  if (entity !== "comment" || (isOwnAction(actionId) && undoes === null)) return;
  const isShown = document.getElementById(`comment-${entityId}`) !== null;
  if (isShown || verb === "restore" || after?.taskId === openTask()) void reread();
});
onReload(() => void reread());

// A comment that waited for the connection may have been typed on an earlier page.
onSettle(({ url, fields }, outcome) => {
  const [, task] = /\/tasks\/([^/]+)\/comments$/.exec(url) ?? [];
  const text = Object.fromEntries(fields).text ?? "";
  if (task && outcome === "done") forgetDraft(`comment-${task}`, text);
});

addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  const form = ctx.sourceElement;
  const [, id] = /\/comments\/([^/]+)$/.exec(form?.getAttribute("action") ?? "") ?? [];
  // The form that was saved is gone.
  if (id && document.activeElement === document.body) find(`#comment-${id} summary`)?.focus();
  showDrafts();
  // The activity leads to one comment.
  if (form?.matches(".comments-place") && /^#comment-[\w-]+$/.test(location.hash))
    find(location.hash)?.scrollIntoView({ block: "center" });
});
showDrafts();

onKeydown((event) => {
  const field = targetOf(event);
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || !field.matches(".comment-field")) return;
  event.preventDefault();
  field.closest("form")?.requestSubmit();
});
