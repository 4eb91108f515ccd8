import { plural } from "../../views/tasks/words.ts";
import { AppError, type Issue } from "../errors.ts";
import type { Task } from "./model.ts";
import { parseView, type TaskView } from "./view.ts";

/**
 * The list that the person acts from. While a task is open the address is the task's, and its query says which list
 * that was.
 */
export function viewBehind(request: Request): TaskView {
  const own = request.method === "GET" && new URL(request.url).search ? request.url : null;
  const address = request.headers.get("hx-current-url") ?? own ?? request.headers.get("referer") ?? "";
  return parseView(URL.canParse(address) ? new URL(address).searchParams : new URLSearchParams());
}

/** A title is one line; what is pasted with line breaks becomes one. */
export const oneLine = (text = "") => text.replace(/\s*\n\s*/g, " ");

export const shortTitle = ({ title }: Task) =>
  [...title].length > 60 ? `${[...title].slice(0, 59).join("")}…` : title;

const BULK_WORDS = { complete: "completed", reopen: "reopened", delete: "deleted", setPriority: "changed" } as const;
export const bulkMessage = (action: keyof typeof BULK_WORDS, count: number) =>
  `${plural(count, "task")} ${BULK_WORDS[action]}.`;

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
