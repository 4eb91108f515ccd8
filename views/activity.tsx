import type { Actor } from "../src/accounts/model.ts";
import type { Change, ChangePage, Verb } from "../src/changes/model.ts";
import type { Theme } from "../src/http/pages.ts";
import { PRIORITIES } from "../src/tasks/model.ts";
import { Icon } from "./icon.tsx";
import { Layout } from "./layout.tsx";
import { Moment } from "./moment.tsx";
import { SHORT_PRIORITY_NAMES } from "./tasks/words.ts";

interface ActivityPageProps {
  actor: Actor;
  theme: Theme;
  page: ChangePage;
  /** Of the tasks that the changes are about, as far as there still are any. */
  titles: ReadonlyMap<string, string>;
  /** The one task that all of it is about. */
  task?: string | undefined;
}

export function ActivityPage({ actor, theme, page, titles, task }: ActivityPageProps) {
  const older = new URLSearchParams({ ...(task && { task }), before: String(page.nextBefore) });
  return (
    <Layout title="Activity" theme={theme} actor={actor}>
      <div class="column">
        <p class="panel-top">
          <a class="quiet-link" href={task ? `/tasks/${task}` : "/tasks"}>
            <Icon name="arrow-left" /> {task ? "Task" : "Tasks"}
          </a>
        </p>
        <h1>Activity</h1>
        <div id="live">
          <ol class="activity">
            {page.items.map((change) => (
              <ActivityRow change={change} title={titles.get(change.entityId)} />
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

function ActivityRow({ change, title }: { change: Change; title: string | undefined }) {
  const about = change.entity === "task" && change.verb !== "purge";
  return (
    <li class="activity-row">
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
