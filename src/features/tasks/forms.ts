import { plural } from "../../../views/tasks/labels.ts";
import { AppError, type Issue } from "../../errors.ts";
import { pathOf } from "../../http/pages.ts";
import { MOST_AT_ONCE, type Task } from "./model.ts";
import { parseView, type TaskView, viewUrl } from "./view.ts";

/**
 * The list that the person acts from. While a task is open the address is the task's, and its query says which list
 * that was.
 */
export function viewBehind(request: Request): TaskView {
  const own = request.method === "GET" && new URL(request.url).search ? request.url : null;
  const address = request.headers.get("hx-current-url") ?? own ?? request.headers.get("referer") ?? "";
  return parseView(URL.canParse(address) ? new URL(address).searchParams : new URLSearchParams());
}

/** The page that a plain form leads back to: the list that the person acts from, or another page that shows what they did. */
export function pageBehind(request: Request): string {
  const page = pathOf(request.headers.get("referer"));
  return page && /^\/(activity|trash|tasks\/[^/?]+)(\?|$)/.test(page) ? page : viewUrl(viewBehind(request));
}

/** A title is one line; what is pasted with line breaks becomes one. */
export const oneLine = (text = "") => text.replace(/\s*\n\s*/g, " ");

export const shortTitle = ({ title }: Task) =>
  [...title].length > 60 ? `${[...title].slice(0, 59).join("")}…` : title;

const BULK_WORDS = { complete: "completed", reopen: "reopened", delete: "deleted", setPriority: "changed" } as const;
export const bulkMessage = (action: keyof typeof BULK_WORDS, count: number) =>
  `${plural(count, "task")} ${BULK_WORDS[action]}.`;

/** What is wrong with a selection, if anything. */
export function selectionProblem(ids: readonly string[]): string | undefined {
  if (ids.length === 0) return "Select at least one task first.";
  if (ids.length <= MOST_AT_ONCE) return undefined;
  return `${plural(ids.length, "task")} are selected; at most ${MOST_AT_ONCE.toLocaleString("en")} can be changed at once. Select fewer.`;
}

/** Runs what a person can put right when it fails: wrong fields, or a change that came between. Other faults go on up. */
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
