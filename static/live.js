// What happens elsewhere shows here by itself, and what was done here can be taken back by Ctrl+Z.

/** Whose page this is; set where somebody is signed in. Another tab may sign somebody else in meanwhile. */
const { account } = document.body.dataset;

addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
  if (account) ctx.request.headers["TaskFlow-Account"] = account;
});

// --- What this page has done ----------------------------------------------------------------------------------------

const DONE = `taskflow-done-${account}`;
const readDone = () => JSON.parse(sessionStorage.getItem(DONE) ?? "[]");
const writeDone = (changes) => sessionStorage.setItem(DONE, JSON.stringify(changes.slice(-50)));
/** Changes that answers have told of: the stream tells of them again. */
const ownChanges = new Set();
/** Changes that are being taken back. They count as done until an answer says otherwise. */
const undoing = new Set();
const undoneBy = ({ request }) => Number(/\/changes\/(\d+)\/undo$/.exec(request?.action)?.[1]);

addEventListener("htmx:config:request", ({ detail: { ctx } }) => undoing.add(undoneBy(ctx)));
addEventListener("htmx:finally:request", ({ detail: { ctx } }) => undoing.delete(undoneBy(ctx)));
addEventListener("htmx:after:request", ({ detail: { ctx } }) => {
  const { headers, status } = ctx.response;
  const change = Number(headers.get("taskflow-change"));
  const undone = undoneBy(ctx);
  if (undone && status < 500 && status !== 401) writeDone(readDone().filter((each) => each !== undone));
  if (!change) return;
  ownChanges.add(change);
  if (!undone) writeDone([...readDone(), change]);
});

/** What a plain form did, the page after it tells. */
const told = Number(find("#toasts form")?.getAttribute("action").split("/")[2]);
if (told && !readDone().includes(told)) writeDone([...readDone(), told]);

/** Fields that somebody has typed in have an undo of their own, also where nothing is left of the words. */
const typedIn = new WeakSet();
addEventListener("input", ({ target }) => typedIn.add(target));
const hasOwnUndo = (target) =>
  target.matches?.("textarea, input:not([type=checkbox], [type=radio])") && (target.value || typedIn.has(target));

/** The key is where Z is, too, when it gives a letter of another script. */
const isZ = ({ key, code }) => /^z$/i.test(key) || (code === "KeyZ" && !/^[a-z]$/i.test(key));

addEventListener("keydown", (event) => {
  if (!isZ(event) || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
  const change = readDone().findLast((each) => !undoing.has(each));
  if (!change || hasOwnUndo(event.target)) return;
  event.preventDefault();
  htmx.ajax("POST", `/changes/${change}/undo`, { source: "#toasts", swap: "none" });
});

// --- What others do -------------------------------------------------------------------------------------------------

/** The last change that this page knows. */
let known = document.body.dataset.change;
let stream;
let hiding;
let lost;
/** Tasks that were changed elsewhere and do not show so yet. */
const changedTasks = new Set();
/** Whether one of them belongs elsewhere in the list now. */
let moved = false;
let showing = false;

function follow() {
  if (!account || stream) return;
  stream = new EventSource(`/api/events?account=${account}&after=${known}`);
  stream.addEventListener("open", () => {
    clearTimeout(lost);
    lost = undefined;
    find("#signed-out").hidden = true;
  });
  stream.addEventListener("change", ({ data, lastEventId }) => {
    known = lastEventId;
    const { entity, entityId, actionId, after } = JSON.parse(data);
    // The answer to what this page did may still be on its way.
    setTimeout(() => {
      if (!find("#live") && (entity !== "task" || ownChanges.has(actionId))) return;
      moved ||= sorting() === "updatedAt" || Object.hasOwn(after ?? {}, sorting());
      showChange(entityId);
    }, 100);
  });
  stream.addEventListener("reload", ({ lastEventId }) => {
    known = lastEventId;
    void readAllAnew();
  });
  stream.addEventListener("error", streamFailed);
}

/** The browser comes back by itself after a lost connection, but not after a refusal. */
async function streamFailed() {
  if (stream?.readyState !== EventSource.CLOSED) {
    lost ??= setTimeout(disconnected, 3000);
    return;
  }
  leaveStream();
  const answer = await fetch("/api/me", {
    cache: "no-store",
    headers: { "TaskFlow-Account": account },
  }).catch(() => undefined);
  if (answer?.status === 401) signedOut();
  else setTimeout(follow, 5000);
}

function leaveStream() {
  clearTimeout(lost);
  lost = undefined;
  stream?.close();
  stream = undefined;
}

// A page in the background lets its connection go, as a browser has few for a site; it catches up when it is back.
addEventListener("visibilitychange", () => {
  clearTimeout(hiding);
  if (document.hidden) hiding = setTimeout(leaveStream, 10_000);
  else follow();
});
addEventListener("pagehide", leaveStream);
addEventListener("pageshow", follow);
addEventListener("focus", follow);

const openTask = () => find("#panel[data-task]")?.dataset.task;

function showChange(id) {
  changedTasks.add(id);
  if (!showing) void showChanged();
}

/** Reads the changed tasks as they are now, one bundle after the other. */
async function showChanged() {
  showing = true;
  while (changedTasks.size > 0) {
    const ids = [...changedTasks];
    changedTasks.clear();
    await show(ids).catch(() => {});
    if (!moved) continue;
    moved = false;
    await readListAnew()?.catch(() => {});
  }
  showing = false;
}

/** The field that the list is sorted by, as its address says it. */
const sorting = () => new URLSearchParams(location.search).get("sort")?.split(".")[0];

/** A page that only tells is read anew as a whole. */
const readLive = () =>
  htmx.ajax("GET", location.href, { source: "#main", target: "#live", select: "#live", swap: "outerMorph" });

async function readAllAnew() {
  if (find("#live")) return readLive();
  await readListAnew();
  if (openTask()) await show([openTask()]);
}

/** What somebody is writing on stays until they are done. */
async function show(ids) {
  if (find("#live")) return readLive();
  if (ids.length > 100) return readAllAnew();
  const open = openTask();
  if (!list() && !ids.includes(open)) return;
  const query = new URLSearchParams(ids.map((id) => ["id", id]));
  if (ids.includes(open)) query.set(isUnsaved() ? "keep" : list() ? "open" : "alone", open);
  await htmx.ajax("GET", `/tasks/changed?${query}`, { source: "#main", swap: "none" });
}

/** Rows that came back have no place left when the list has changed meanwhile: then it is read anew. */
function showRestored(html) {
  const rows = [...html.matchAll(/<li class="task" id="([^"]+)"/g)].map(([, id]) => id);
  if (rows.some((id) => !document.getElementById(id))) readListAnew();
}

addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  const { action = "" } = ctx.request ?? {};
  if (/^\/tasks\/changed\?|\/undo$/.test(action)) showRestored(ctx.text);
  // A page of its own bears its task's title; htmx sets none when nothing is swapped.
  if (ctx.title && !list()) document.title = ctx.title;
  // What was just added, and taken back on a page of its own, leaves nothing to show there.
  if (!list() && find("#panel[hidden]")) location.assign("/tasks");
  // These answer with rows; the task that is open may be one of them.
  if (/\/(undo|bulk)$/.test(action) && ctx.text.includes(`id="task-${openTask()}"`)) showChange(openTask());
});

follow();
