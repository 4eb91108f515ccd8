import type { Actor } from "../../src/features/accounts/model.ts";
import type { Change, ChangePage, Verb } from "../../src/features/changes/model.ts";
import { PRIORITIES } from "../../src/features/tasks/model.ts";
import type { Theme } from "../../src/http/pages.ts";
import { SHORT_PRIORITY_NAMES } from "../tasks/labels.ts";
import { attribute } from "../ui/attribute.ts";
import { Icon } from "../ui/icon.tsx";
import { Layout } from "../ui/layout.tsx";
import { Moment } from "../ui/moment.tsx";
import type { ToastProps } from "../ui/toast.tsx";

interface ActivityPageProps {
  actor: Actor;
  theme: Theme;
  page: ChangePage;
  /** Of the tasks that the changes are about, as far as there still are any. */
  titles: ReadonlyMap<string, string>;
  /** The numbers of the changes that can be taken back. */
  undoable: ReadonlySet<number>;
  /** The one task that all of it is about, and whether it has a page no more. */
  task?: string | undefined;
  deleted: boolean;
  notice?: ToastProps | undefined;
}

export function ActivityPage({ actor, theme, page, titles, undoable, task, deleted, notice }: ActivityPageProps) {
  const older = new URLSearchParams({ ...(task && { task }), before: String(page.nextBefore) });
  return (
    <Layout title="Activity" theme={theme} actor={actor} notice={notice}>
      <div class="column">
        <p class="panel-top">
          <BackLink task={task} deleted={deleted} />
        </p>
        <h1>Activity</h1>
        <div id="live">
          <ol class="activity">
            {page.items.map((change, index) => (
              <ActivityRow
                change={change}
                title={titles.get(change.entityId)}
                undo={undoable.has(change.id) ? undoWord(page.items, index) : undefined}
              />
            ))}
          </ol>
          {page.items.length === 0 ? <p class="lead-note">Nothing has happened here yet.</p> : null}
          {page.nextBefore === null ? null : (
            <p class="load-more">
              <a class="btn btn-quiet" href={`/activity?${older}`}>
                Older
              </a>
            </p>
          )}
        </div>
      </div>
    </Layout>
  );
}

/** What was done to many tasks at once is taken back at once: by its first line. */
function undoWord(items: readonly Change[], index: number): string | undefined {
  const [before, action, after] = [-1, 0, 1].map((step) => items[index + step]?.actionId);
  if (before === action) return undefined;
  return after === action ? "Undo all" : "Undo";
}

function BackLink({ task, deleted }: { task: string | undefined; deleted: boolean }) {
  const [href, name] = !task ? ["/tasks", "Tasks"] : deleted ? ["/trash", "Trash"] : [`/tasks/${task}`, "Task"];
  return (
    <a class="quiet-link" href={href}>
      <Icon name="arrow-left" /> <span safe>{name}</span>
    </a>
  );
}

const DONE = {
  create: "Added",
  update: "Changed",
  complete: "Completed",
  reopen: "Reopened",
  delete: "Deleted",
  restore: "Restored",
  purge: "Removed from the trash for good",
  register: "The account was made",
  signIn: "Signed in",
  signOut: "Signed out",
  disable: "The account was disabled",
  enable: "The account was enabled",
  resetPassword: "The password was set anew",
} as const satisfies Record<Verb, string>;

const THROUGH = {
  browser: "",
  token: "by the API",
  commandLine: "on the command line",
  program: "by TaskFlow",
} as const;

interface ActivityRowProps {
  change: Change;
  title: string | undefined;
  /** What its button to take it back says; none where that can't be done. */
  undo: string | undefined;
}

function ActivityRow({ change, title, undo }: ActivityRowProps) {
  const about = change.entity === "task" && change.verb !== "purge";
  const path = `/changes/${change.id}/undo`;
  return (
    <li class="activity-row" id={`change-${change.id}`}>
      <span>
        {change.undoes === null ? "" : "Undo: "}
        {DONE[change.verb]}
        {about ? (
          <>
            {" "}
            <b dir="auto" safe>
              {title ?? "a task"}
            </b>
          </>
        ) : null}
        <span safe>{detailsOf(change)}</span>
      </span>
      <span class="activity-meta">
        <Moment at={change.at} /> <span>{THROUGH[change.through]}</span>
      </span>
      {undo ? (
        <form method="post" action={path} hx-post={path} hx-swap="none">
          <button
            class="btn btn-quiet"
            type="submit"
            aria-label={attribute(`${undo}: ${DONE[change.verb]} ${title ?? "a task"}`)}
            safe
          >
            {undo}
          </button>
        </form>
      ) : null}
    </li>
  );
}

/** What an edit changed, in words: short texts from one to the other, long ones by name. */
function detailsOf({ verb, before, after }: Change): string {
  if (verb !== "update" || !before || !after) return "";
  const parts = Object.keys(after).flatMap((field): string[] => {
    if (field === "title") return [`title was “${before.title}”`];
    if (field === "description") return ["description"];
    if (field === "priority") return [`priority ${priorityName(before.priority)} → ${priorityName(after.priority)}`];
    return field === "completed" ? [after.completed ? "completed" : "reopened"] : [];
  });
  return `: ${parts.join(", ")}`;
}

const priorityName = (value: unknown) =>
  PRIORITIES.filter((priority) => priority === value).map((priority) => SHORT_PRIORITY_NAMES[priority])[0] ?? "";
