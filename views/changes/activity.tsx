import type { Calendar } from "../../src/calendar.ts";
import { inChunks } from "../../src/chunks.ts";
import type { Change, ItemVerb } from "../../src/features/changes/model.ts";
import type { ItemSummary } from "../../src/features/changes/service.ts";
import type { Frame } from "../../src/http/pages.ts";
import { attribute } from "../ui/attribute.ts";
import { FormKey } from "../ui/form-key.tsx";
import { Icon } from "../ui/icon.tsx";
import { Layout } from "../ui/layout.tsx";
import { Day, TimeOfDay } from "../ui/moment.tsx";
import { plural } from "../ui/plural.ts";
import { ActivityTabs } from "./activity-tabs.tsx";

/** A change with what the page shows about it. */
interface ActivityEntry {
  readonly change: Change;
  /** The item that changed, if it still exists. */
  readonly item: ItemSummary | undefined;
  /** What an update changed, in words. */
  readonly details: string;
}

/** Changes that were made together. */
export interface ActivityAction {
  /** The changes, or some of them. */
  readonly entries: readonly ActivityEntry[];
  /** The number of changes. */
  readonly size: number;
  readonly undoable: boolean;
}

interface ActivityPageProps {
  frame: Frame;
  /** The id of the account that reads. */
  reader: string;
  actions: readonly ActivityAction[];
  nextBefore: number | null;
  /** The names of the accounts in these actions. */
  names: ReadonlyMap<string, string>;
  /** The task that all changes are about, on the page of one task. */
  task?: string | undefined;
  /** The project that all changes are in, on the page of one project. */
  project?: (ItemSummary & { readonly id: string }) | undefined;
}

/** The page of the activity. Other requests run while many changes are rendered. */
export async function ActivityPage(props: ActivityPageProps) {
  const { frame, actions, nextBefore, task, project } = props;
  const older = new URLSearchParams({
    ...(task && { task }),
    ...(project && { project: project.id }),
    before: String(nextBefore),
  });
  const { calendar } = frame;
  const people = peopleOf(props);
  const rendered: { action: ActivityAction; row: JSX.Element }[] = [];
  for await (const chunk of inChunks(actions, 5))
    for (const action of chunk)
      rendered.push({
        action,
        row: (
          <ActivityRow
            {...action}
            {...people}
            ofTask={task !== undefined}
            calendar={calendar}
            formKey={frame.formKey}
          />
        ),
      });
  const days = Map.groupBy(rendered, ({ action }) => dateOf(action, calendar).toString());
  return (
    <Layout title={project ? `Activity: ${project.title}` : "Activity"} frame={frame}>
      <div class="column">
        {task || project ? <BackLink task={task} project={project} item={actions[0]?.entries[0]?.item} /> : null}
        <h1>Activity</h1>
        {task || project ? null : <ActivityTabs current="everything" />}
        <div id="live">
          {[...days].map(([date, group]) => (
            <section aria-labelledby={`day-${date}`}>
              <h2 class="day" id={`day-${date}`}>
                <Day date={Temporal.PlainDate.from(date)} calendar={calendar} />
              </h2>
              <ol class="activity">{group.map(({ row }) => row).join("") as "safe"}</ol>
            </section>
          ))}
          {actions.length === 0 ? <p class="lead-note">No activity yet.</p> : null}
          {nextBefore === null ? null : (
            <p class="load-more">
              <a class="btn btn-quiet" href={`/activity?${older}`}>
                Older
              </a>
              <span class="print-note">Older activity is on the next page.</span>
            </p>
          )}
        </div>
      </div>
    </Layout>
  );
}

interface People {
  /** Returns what the page calls an account. */
  readonly nameOf: (id: string) => string;
  /** Says who made a change; "" where only the reader makes any. */
  readonly authorOf: (change: Change) => string;
}

function peopleOf({ actions, reader, names }: ActivityPageProps): People {
  const nameOf = (id: string) => (id === reader ? "you" : (names.get(id) ?? "a deleted account"));
  const authors = actions.flatMap(({ entries }) => entries.flatMap(({ change }) => change.actorId ?? []));
  const isShared = authors.some((id) => id !== reader);
  return { nameOf, authorOf: ({ actorId }) => (isShared && actorId !== null ? `by ${nameOf(actorId)}` : "") };
}

/** Returns the reader's date of an action. */
function dateOf({ entries }: ActivityAction, { timeZone }: Calendar): Temporal.PlainDate {
  const at = entries[0] ? Temporal.Instant.from(entries[0].change.at) : Temporal.Now.instant();
  return at.toZonedDateTimeISO(timeZone).toPlainDate();
}

/** Leads from the activity of a task or a project to it. */
function BackLink({ task, project, item }: Pick<ActivityPageProps, "task" | "project"> & { item?: ItemSummary }) {
  const place = project ?? item;
  const [path, word] = project ? [`/projects/${project.id}`, project.title] : [`/tasks/${task}`, item?.title ?? "Task"];
  const [href, name] = place?.deleted === false ? [path, word] : ["/trash", "Trash"];
  return (
    <p class="panel-top">
      <a class="quiet-link" href={href}>
        <Icon name="arrow-left" /> <span safe>{name}</span>
      </a>
    </p>
  );
}

const VERB_LABELS = {
  create: "Added",
  update: "Changed",
  complete: "Completed",
  reopen: "Reopened",
  move: "Moved",
  delete: "Deleted",
  restore: "Restored",
  purge: "Removed from the trash:",
} as const satisfies Record<ItemVerb, string>;

const COMMENT_LABELS: Partial<Record<ItemVerb, string>> = {
  create: "Commented on",
  update: "Edited a comment on",
  delete: "Deleted a comment on",
  restore: "Restored a comment on",
};

const CHANNEL_LABELS = {
  browser: "",
  token: "through the API",
  commandLine: "on the command line",
  program: "by TaskFlow",
} as const;

/** Says what was done to a section and its tasks. */
const sectionVerb = ({ verb, after }: Change): string =>
  verb === "update" && after?.archived === true ? "Archived" : VERB_LABELS[verb as ItemVerb];

function ActivityRow({
  entries,
  size,
  undoable,
  calendar,
  formKey,
  nameOf,
  authorOf,
  ofTask,
}: ActivityAction & People & { calendar: Calendar; formKey: string | undefined; ofTask: boolean }) {
  const [first] = entries;
  if (!first) return null;
  const { change, item } = first;
  const meta = [authorOf(change), CHANNEL_LABELS[change.through]].filter(Boolean).join(" ");
  // Undoing an action on many tasks can reopen some of them and complete others.
  const isMixed = entries.some((entry) => entry.change.verb !== change.verb);
  // The page leaves out events of the account.
  const itemVerb = isMixed ? "update" : (change.verb as ItemVerb);
  const commented = item?.of === undefined ? undefined : COMMENT_LABELS[itemVerb];
  const verb: string = commented ? `${commented} ${item?.of}:` : VERB_LABELS[itemVerb];
  const isMany = entries.length > 1;
  // A section that was deleted with its tasks, or archived.
  const section = entries.find((entry) => entry.change.entity === "section");
  const summary =
    section && isMany
      ? `${sectionVerb(section.change)} the section ${section.item?.title ?? ""}`
      : isMany
        ? `${verb} ${plural(size, change.entity)}`
        : `${verb} ${item?.title ?? `a ${change.entity}`}`;
  const undo = size > 1 ? "Undo all" : "Undo";
  const path = `/changes/${change.id}/undo`;
  return (
    <li class="activity-row" id={`change-${change.id}`}>
      <span class="activity-time">
        <TimeOfDay at={change.at} calendar={calendar} />
      </span>
      <div class="activity-text">
        {change.entity === "member" ? (
          <span safe>{memberWords(change, nameOf)}</span>
        ) : isMany ? (
          <details id={`changes-${change.id}`}>
            <summary safe>{`${change.undoes === null ? "" : "Undo: "}${summary}`}</summary>
            <ul>
              {entries.map((entry) => (
                <li>
                  <ItemLink {...entry} />
                  <span safe>{entry.details && `: ${entry.details}`}</span>
                </li>
              ))}
              {size > entries.length ? (
                <li safe>{`and ${(size - entries.length).toLocaleString("en")} more`}</li>
              ) : null}
            </ul>
          </details>
        ) : (
          <>
            {change.undoes === null ? "" : "Undo: "}
            <bdi safe>{verb}</bdi>
            {ofTask ? null : (
              <>
                {" "}
                <ItemLink {...first} />
              </>
            )}
            <span safe>{first.details && `: ${first.details}`}</span>
            {size > 1 ? <span safe>{`${ofTask ? ", with" : " and"} ${plural(size - 1, "other task")}`}</span> : null}
          </>
        )}
        {meta ? (
          <>
            {" "}
            <span class="activity-meta" safe>
              {meta}
            </span>
          </>
        ) : null}
      </div>
      {undoable ? (
        <form method="post" action={path} hx-post={path} hx-swap="none">
          <FormKey value={formKey} />
          <button class="btn btn-quiet" type="submit" aria-label={attribute(`${undo}: ${summary}`)}>
            {undo}
          </button>
        </form>
      ) : null}
    </li>
  );
}

/** Says what happened to the membership of an account. */
function memberWords({ actorId, entityId, before, after }: Change, nameOf: People["nameOf"]): string {
  const isOwn = actorId === entityId;
  if (before === null) return `${isOwn ? "Joined" : `Added ${nameOf(entityId)}`} as ${after?.role}`;
  if (after === null) return isOwn ? "Left the project" : `Removed ${nameOf(entityId)} from the project`;
  return `Role of ${nameOf(entityId)}: ${before.role} → ${after.role}`;
}

/** The title of an item, with a link to where it is. */
function ItemLink({ change, item }: ActivityEntry) {
  if (!item) return <>a {change.entity}</>;
  if (change.entity === "account" || (change.entity === "comment" && item.deleted)) return <bdi safe>{item.title}</bdi>;
  const page = change.entity === "section" ? `/projects/${change.projectId}` : `/${change.entity}s/${change.entityId}`;
  return (
    <a href={item.deleted && change.entity !== "section" ? "/trash" : page} dir="auto" safe>
      {item.title}
    </a>
  );
}
