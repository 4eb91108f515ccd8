import { Value } from "@sinclair/typebox/value";
import { plural } from "../../../views/ui/plural.ts";
import type { Calendar } from "../../calendar.ts";
import { AppError, type Issue } from "../../errors.ts";
import type { Fields } from "../../http/body.ts";
import { pathOf } from "../../http/redirect.ts";
import { truncate } from "../../text/truncate.ts";
import { MAX_BULK, MAX_LINES, type Task, TaskInput, TaskPatch } from "./model.ts";
import { parseView, placeOf, type TaskView, viewUrl } from "./view.ts";

const SHORT_TITLE = 60;
/** The title of a line that is too long for one. */
const LINE_TITLE = 150;

/**
 * Returns the list in which an action was taken. While a task is open, the URL is that of the task and its query says
 * which list it was opened from.
 */
export function viewBehind(request: Request): TaskView {
  const own = request.method === "GET" && new URL(request.url).search ? request.url : null;
  const url = request.headers.get("hx-current-url") ?? own ?? request.headers.get("referer") ?? "";
  return parseView(new URL(URL.canParse(url) ? url : "http://site.invalid"));
}

/** Returns the place in the side bar of the page that a script updates. */
export function placeBehind(request: Request): string {
  const path = pathOf(request.headers.get("hx-current-url"))?.split("?", 1)[0] ?? "";
  return /^\/(tasks|completed|today|upcoming|labels\/.+)(\/|$)/.test(path) ? placeOf(viewBehind(request)) : path;
}

/** Returns the page that a plain form returns to: the one it was sent from if it shows the result, or the list. */
export function pageBehind(request: Request): string {
  const page = pathOf(request.headers.get("referer"));
  return page && /^\/(activity|trash|labels|projects|projects\/[^/?]+\/edit|tasks\/[^/?]+)(\?|$)/.test(page)
    ? page
    : viewUrl(viewBehind(request));
}

/**
 * Returns the fields of a task that a form contains. A title is one line: line breaks become spaces. A field that was
 * cleared is null if it can be.
 */
export function taskFields(form: Fields): Record<string, string | string[] | null> {
  const entries = Object.entries(TaskPatch.properties).flatMap(
    ([name, schema]): [string, string | string[] | null][] => {
      const isCustom = name === "repeat" && form.get(name) === "custom";
      // A rule that is still to be typed changes nothing.
      const text = isCustom ? form.get("repeatRule") || undefined : form.get(name);
      if (text === undefined || (name === "repeatFrom" && form.get("repeat") === "")) return [];
      if (text === "" && Value.Check(schema, null)) return [[name, null]];
      if (name === "labels") return [[name, labelsIn(text)]];
      return [[name, name === "title" ? text.replace(/\s*\n\s*/g, " ") : text]];
    },
  );
  return Object.fromEntries(entries);
}

/** Returns where a form moves tasks. An empty field is null. */
function targetOf(form: Fields): Record<string, string | null> {
  const names = ["projectId", "sectionId", "parentId", "before", "after"];
  const entries = names.flatMap((name) => {
    const value = form.get(name);
    return value === undefined ? [] : [[name, value || null]];
  });
  return Object.fromEntries(entries);
}

/**
 * Returns the due date that a form chooses: by a word, or a date.
 * @throws AppError `malformed` if it chooses none
 */
export function chosenDate(form: Fields, { today, firstDayOfWeek }: Calendar): string | null {
  const first = { monday: 1, saturday: 6, sunday: 7 }[firstDayOfWeek];
  const days = { today: 0, tomorrow: 1, nextWeek: ((first - today.dayOfWeek + 6) % 7) + 1 };
  const word = form.get("due") ?? "";
  if (word === "none") return null;
  if (Object.hasOwn(days, word)) return today.add({ days: days[word as keyof typeof days] }).toString();
  const date = form.get("dueDate");
  if (!date) throw new AppError("malformed", "Choose a date.");
  return date;
}

/** Returns whether a task has another place in the lists of its projects. */
export const isMoved = (before: Task, after: Task): boolean =>
  (["projectId", "sectionId", "parentId"] as const).some((name) => before[name] !== after[name]);
/** Returns labels that are separated by commas. */
const labelsIn = (text: string) =>
  text
    .split(",")
    .map((label) => label.trim())
    .filter(Boolean);

/** Returns whether a task has the values of a form already. */
export const isSaved = (task: Task, fields: ReturnType<typeof taskFields>): boolean =>
  Object.entries(fields).every(
    ([name, value]) => String(task[name as keyof Task] ?? "").trim() === String(value ?? "").trim(),
  );

/** Returns the fields that have no issue. */
export const withoutFields = (fields: ReturnType<typeof taskFields>, issues: readonly Issue[]) =>
  Object.fromEntries(
    Object.entries(fields).filter(([name]) => !issues.some(({ path }) => path.split("/")[1] === name)),
  );

/** Returns the lines of a text that become tasks, without their bullets and boxes. */
export const linesOf = (text: string): string[] =>
  text
    .split("\n")
    .map((line) => line.replace(/^\s*[-*•]\s+(?:\[[ x]?\]\s+)?/i, "").trim())
    .filter(Boolean);

/** Returns the task of a line. One that is too long for a title goes on in the description, where nothing of it is lost. */
export const taskOfLine = (line: string): Pick<TaskInput, "title" | "description"> =>
  isTitle(line) ? { title: line } : { title: truncate(line, LINE_TITLE, "…"), description: line };

const isTitle = (line: string) => Value.Check(TaskInput.properties.title, line);

/** Returns a title that fits into a message. */
export const shortTitle = ({ title }: Task) => truncate(title, SHORT_TITLE, "…");

/** Returns the action for selected tasks that a form chooses, and the value that it needs. */
export function bulkFields(form: Fields): Record<string, string | null | undefined> {
  const action = form.get("action");
  // The bar has a field and a button for each; a script names a place.
  const isBar = form.get("list") !== undefined;
  switch (action) {
    case "setPriority":
      return { action, priority: form.get("priority") };
    case "setDueDate":
      return { action, dueDate: form.get("dueDate") || null };
    case "assign":
      return { action, assigneeId: form.get("assigneeId") || null };
    case "move":
      return { action, ...(isBar ? { projectId: form.get("projectId") } : targetOf(form)) };
    case "moveToSection":
      return { action: "move", sectionId: form.get("sectionId") || null };
    case "addLabel":
    case "removeLabel":
      return { action, label: form.get("label") };
    default:
      return { action };
  }
}

const BULK_WORDS = {
  complete: "completed",
  reopen: "reopened",
  delete: "deleted",
  setPriority: "changed",
  setDueDate: "changed",
  assign: "assigned",
  addLabel: "changed",
  removeLabel: "changed",
  move: "moved",
} as const;
export const bulkMessage = (action: keyof typeof BULK_WORDS, count: number) =>
  count === 0 ? "No tasks changed." : `${plural(count, "task")} ${BULK_WORDS[action]}.`;

/**
 * Returns the list that a selection is from, if it includes every task that matches. The form names the list: browsers
 * may leave out the page that it was sent from, and a wrong list would change the wrong tasks.
 */
export function matchingList(form: Fields): TaskView | undefined {
  if (form.get("scope") !== "matching") return undefined;
  const list = form.get("list") ?? "";
  if (!/^\/(tasks|completed|today|upcoming|projects\/[^/?]+|labels\/[^?]+)(\?|$)/.test(list))
    throw new AppError("malformed", "The list of the selection is missing.");
  return parseView(new URL(list, "http://site.invalid"));
}

/** Returns what is wrong with lines that become tasks, or undefined. */
export function linesProblem(lines: readonly string[]): string | undefined {
  if (lines.length === 0) return "Paste at least one line.";
  if (lines.length > MAX_LINES)
    return `You pasted ${plural(lines.length, "line")}. At most ${MAX_LINES} can be added at once.`;
  const wrong = lines.find((line) => !isTitle(taskOfLine(line).title));
  return (
    wrong && `“${truncate(wrong, SHORT_TITLE, "…")}” can't be a title. Shorten the line or remove special characters.`
  );
}

/** Returns what is wrong with a selection, or undefined. */
export function selectionProblem(ids: readonly string[]): string | undefined {
  if (ids.length === 0) return "Select at least one task first.";
  if (ids.length <= MAX_BULK) return undefined;
  return `You selected ${plural(ids.length, "task")}. At most ${MAX_BULK.toLocaleString("en")} can be changed at once.`;
}

/** Runs work whose failure a person can fix: wrong fields, or a change made in between. Throws any other error. */
export async function attempt<Value>(
  work: () => Value | Promise<Value>,
): Promise<{ ok: true; value: Value } | { ok: false; issues: readonly Issue[] }> {
  try {
    return { ok: true, value: await work() };
  } catch (error) {
    if (error instanceof AppError && (error.code === "invalid" || error.code === "preconditionFailed")) {
      return { ok: false, issues: error.issues };
    }
    throw error;
  }
}
