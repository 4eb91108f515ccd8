import { Value } from "@sinclair/typebox/value";
import { plural } from "../../../views/ui/plural.ts";
import { AppError, type Issue } from "../../errors.ts";
import type { Fields } from "../../http/body.ts";
import { pathOf } from "../../http/redirect.ts";
import { truncate } from "../../text/truncate.ts";
import { MAX_BULK, type Task, TaskPatch } from "./model.ts";
import { parseView, type TaskView, viewUrl } from "./view.ts";

const SHORT_TITLE = 60;

/**
 * Returns the list in which an action was taken. While a task is open, the URL is that of the task and its query says
 * which list it was opened from.
 */
export function viewBehind(request: Request): TaskView {
  const own = request.method === "GET" && new URL(request.url).search ? request.url : null;
  const url = request.headers.get("hx-current-url") ?? own ?? request.headers.get("referer") ?? "";
  return parseView(URL.canParse(url) ? new URL(url).searchParams : new URLSearchParams());
}

/** Returns the page that a plain form returns to: the one it was sent from if it shows the result, or the list. */
export function pageBehind(request: Request): string {
  const page = pathOf(request.headers.get("referer"));
  return page && /^\/(activity|trash|tasks\/[^/?]+)(\?|$)/.test(page) ? page : viewUrl(viewBehind(request));
}

/**
 * Returns the fields of a task that a form contains. A title is one line: line breaks become spaces. A field that was
 * cleared is null if it can be.
 */
export function taskFields(form: Fields): Record<string, string | null> {
  const entries = Object.entries(TaskPatch.properties).flatMap(([name, schema]) => {
    const text = form.get(name);
    if (text === undefined) return [];
    if (text === "" && Value.Check(schema, null)) return [[name, null]];
    return [[name, name === "title" ? text.replace(/\s*\n\s*/g, " ") : text]];
  });
  return Object.fromEntries(entries);
}

/** Returns a title that fits into a message. */
export const shortTitle = ({ title }: Task) => truncate(title, SHORT_TITLE, "…");

const BULK_WORDS = { complete: "completed", reopen: "reopened", delete: "deleted", setPriority: "changed" } as const;
export const bulkMessage = (action: keyof typeof BULK_WORDS, count: number) =>
  `${plural(count, "task")} ${BULK_WORDS[action]}.`;

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
