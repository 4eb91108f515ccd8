// Reports that the page of a shared project is open, and shows who else has it open. Marks the tasks that others have
// changed since the reader's visit before, and in the side bar the projects with changes that the reader has not seen.
import { account, accountHeaders } from "../accounts/session.js";
import { onChange } from "../changes/stream.js";
import { address } from "../ui/address.js";
import { find, findAll } from "../ui/dom.js";

const INTERVAL_MS = 30_000;
const MAX_READ = 500;

/** @typedef {import("../changes/feed.js").Change} Change */

/** The newest change of each task that is unread. @type {Map<string, number>} */
let tasks = new Map();
/** The newest change of each task that this tab has had open. @type {Map<string, number>} */
const read = new Map(JSON.parse(sessionStorage.getItem("read") ?? "[]"));
/** The ids of projects with unread changes. @type {Set<string>} */
let projects = new Set();
/** Whether this page shows changes that are not reported as seen. */
let isReportDue = false;

/** What has arrived since the last request, whose response may not have it. @type {Change[]} */
let recent = [];

/** Returns the project that a link leads to. @param {Element} link */
const projectOf = (link) => /\/projects\/([\w-]{36})$/.exec(link.getAttribute("href") ?? "")?.[1];
/** Returns whether the account has more than an Inbox, and so may share anything. */
const hasProjects = () => findAll(".place").filter(projectOf).length > 1;
const openProject = () => find("#presence")?.dataset.project;

function mark() {
  readOpenTask();
  for (const row of findAll("#task-list > .task")) {
    const id = row.id.replace("task-", "");
    row.toggleAttribute("data-unread", (tasks.get(id) ?? 0) > (read.get(id) ?? 0));
  }
  let isAny = false;
  for (const link of findAll(".place, .project-link")) {
    const id = projectOf(link);
    const isUnread = id !== undefined && projects.has(id) && id !== openProject();
    link.toggleAttribute("data-unread", isUnread);
    isAny ||= isUnread;
  }
  find(".dock [popovertarget=browse]")?.toggleAttribute("data-unread", isAny);
}

/** Remembers that the reader has seen what changed in the open task. */
function readOpenTask() {
  const id = find("#panel.panel-open")?.dataset.task ?? "";
  const change = tasks.get(id);
  if (change === undefined || change <= (read.get(id) ?? 0)) return;
  read.delete(id);
  read.set(id, change);
  sessionStorage.setItem("read", JSON.stringify([...read].slice(-MAX_READ)));
}

/** Reports a visit, or only asks for what is unread on a page that is none. */
async function report() {
  if (!account || document.visibilityState !== "visible" || !hasProjects()) return;
  const place = find("#presence");
  isReportDue = false;
  const url = place ? address(`/projects/${openProject()}/presence`) : address("/unread");
  const method = place ? "POST" : "GET";
  recent = [];
  const headers = { ...accountHeaders, "HX-Request": "true" };
  const response = await fetch(url, { method, headers }).catch(() => undefined);
  if (!response?.ok) return;
  const text = await response.text();
  if (place) place.innerHTML = text;
  const found = new DOMParser().parseFromString(text, "text/html").getElementById("unread");
  tasks = new Map(
    found?.dataset.tasks?.split(" ").map((each) => [each.split(":")[0] ?? "", Number(each.split(":")[1])]),
  );
  projects = new Set(found?.dataset.projects?.split(" "));
  for (const change of recent) add(change);
  mark();
}

void report();
setInterval(() => openProject() && report(), INTERVAL_MS);
addEventListener("visibilitychange", report);
// What is sent again has no mark.
addEventListener("htmx:after:swap", mark);

/** @param {Change} change */
function add({ id, entity, entityId, projectId, after }) {
  tasks.set(entity === "task" ? entityId : String(after?.taskId), id);
  projects.add(projectId);
}

onChange((change) => {
  const { entity, verb, actorId } = change;
  if (actorId === account || !(entity === "task" || (entity === "comment" && verb === "create"))) return;
  recent.push(change);
  add(change);
  isReportDue = true;
  mark();
});
// The reader has seen what changed since the last report.
addEventListener("pagehide", () => {
  const project = openProject();
  if (!project || !isReportDue) return;
  const url = address(`/projects/${project}/presence`);
  void fetch(url, { method: "POST", headers: accountHeaders, keepalive: true }).catch(() => {});
});
