import type { Change, Verb } from "../../src/features/changes/model.ts";
import type { ItemSummary } from "../../src/features/changes/service.ts";
import type { Frame } from "../../src/http/pages.ts";
import { attribute } from "../ui/attribute.ts";
import { Icon } from "../ui/icon.tsx";
import { Layout } from "../ui/layout.tsx";
import { Moment } from "../ui/moment.tsx";

/** A change with what the page shows about it. */
export interface ActivityEntry {
  readonly change: Change;
  /** The item that changed, if it still exists. */
  readonly item: ItemSummary | undefined;
  /** What an update changed, in words. */
  readonly details: string;
  readonly undoable: boolean;
}

interface ActivityPageProps {
  frame: Frame;
  rows: readonly ActivityEntry[];
  nextBefore: number | null;
  /** The task that all changes are about, on the page of one task. */
  task?: string | undefined;
}

export function ActivityPage({ frame, rows, nextBefore, task }: ActivityPageProps) {
  const older = new URLSearchParams({ ...(task && { task }), before: String(nextBefore) });
  return (
    <Layout title="Activity" frame={frame}>
      <div class="column">
        <p class="panel-top">
          <BackLink task={task} item={rows[0]?.item} />
        </p>
        <h1>Activity</h1>
        <div id="live">
          <ol class="activity">
            {rows.map((row, index) => (
              <ActivityRow {...row} undo={row.undoable ? undoLabel(rows, index) : undefined} />
            ))}
          </ol>
          {rows.length === 0 ? <p class="lead-note">No activity yet.</p> : null}
          {nextBefore === null ? null : (
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

/** Returns the label of the button that undoes an action; undefined for all rows of an action but its first. */
function undoLabel(rows: readonly ActivityEntry[], index: number): "Undo" | "Undo all" | undefined {
  const [before, action, after] = [-1, 0, 1].map((step) => rows[index + step]?.change.actionId);
  if (before === action) return undefined;
  return after === action ? "Undo all" : "Undo";
}

function BackLink({ task, item }: { task: string | undefined; item: ItemSummary | undefined }) {
  const isThere = item && !item.deleted;
  const [href, name] = !task ? ["/tasks", "Tasks"] : isThere ? [`/tasks/${task}`, "Task"] : ["/trash", "Trash"];
  return (
    <a class="quiet-link" href={href}>
      <Icon name="arrow-left" /> <span safe>{name}</span>
    </a>
  );
}

const VERB_LABELS = {
  create: "Added",
  update: "Changed",
  complete: "Completed",
  reopen: "Reopened",
  delete: "Deleted",
  restore: "Restored",
  purge: "Removed from the trash",
  register: "Account created",
  signIn: "Signed in",
  signOut: "Signed out",
  disable: "Account disabled",
  enable: "Account enabled",
  resetPassword: "Password reset",
} as const satisfies Record<Verb, string>;

const CHANNEL_LABELS = {
  browser: "",
  token: "by API",
  commandLine: "on the command line",
  program: "by TaskFlow",
} as const;

/** @param undo label of the button that undoes the change; none if that is not possible */
function ActivityRow({ change, item, details, undo }: ActivityEntry & { undo: "Undo" | "Undo all" | undefined }) {
  const namesItem = change.entity !== "account" && change.verb !== "purge";
  const title: string = item?.title ?? "a task";
  const path = `/changes/${change.id}/undo`;
  return (
    <li class="activity-row" id={`change-${change.id}`}>
      <span>
        {change.undoes === null ? "" : "Undo: "}
        {VERB_LABELS[change.verb]}
        {namesItem ? (
          <>
            {" "}
            <b dir="auto" safe>
              {title}
            </b>
          </>
        ) : null}
        <span safe>{details && `: ${details}`}</span>
      </span>
      <span class="activity-meta">
        <Moment at={change.at} /> <span>{CHANNEL_LABELS[change.through]}</span>
      </span>
      {undo ? (
        <form method="post" action={path} hx-post={path} hx-swap="none">
          <button
            class="btn btn-quiet"
            type="submit"
            aria-label={attribute(`${undo}: ${VERB_LABELS[change.verb]} ${title}`)}
          >
            {undo}
          </button>
        </form>
      ) : null}
    </li>
  );
}
