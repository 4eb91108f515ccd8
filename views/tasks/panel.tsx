import type { PropsWithChildren } from "@kitajs/html";
import type { Issue } from "../../src/errors.ts";
import { PRIORITIES, PRIORITY_LABELS, type Task } from "../../src/features/tasks/model.ts";
import type { Frame } from "../../src/http/pages.ts";
import { isFirstIssue, issueOf } from "../ui/field.tsx";
import { Icon } from "../ui/icon.tsx";
import { Layout } from "../ui/layout.tsx";
import { Moment } from "../ui/moment.tsx";

/** The task as stored, or what was typed and could not be saved. */
type Draft = { readonly [Field in keyof Task]: Task[Field] | string };

export interface TaskPanelProps {
  task: Task;
  version: number;
  draft?: Draft;
  issues?: readonly Issue[];
  /** Why it could not be saved. */
  note?: string;
  /** Beside a list, where htmx handles the forms. Alone it is a page with plain forms. */
  beside: boolean;
  /** The list to return to. */
  back: string;
  /** Part of another response: shown only where this task is open. */
  alongside?: boolean;
}

export function TaskPage({ frame, ...panel }: TaskPanelProps & { frame: Frame }) {
  return (
    <Layout title={panel.task.title} frame={frame}>
      <div class="column">
        <h1 class="visually-hidden">Task</h1>
        <TaskPanel {...panel} />
      </div>
    </Layout>
  );
}

/** Selects the panel only while this task is open in it. */
const panelOf = (id: string) => `#panel[data-task="${id}"]`;

/** The place where a task opens beside the list. @param insteadOf the removed task, in a response to htmx */
export const EmptyPanel = ({ insteadOf }: { insteadOf?: string }) => (
  <section
    id="panel"
    class="panel"
    aria-label="Task"
    hidden
    hx-swap-oob={insteadOf ? `outerHTML:${panelOf(insteadOf)}` : undefined}
  />
);

/** Replaces the panel of a task that was deleted in another window, on a page of its own. */
export const GonePanel = ({ id }: { id: string }) => (
  <section
    id="panel"
    class="panel panel-alone"
    aria-label="Task"
    data-task={id}
    hx-swap-oob={`outerHTML:${panelOf(id)}`}
  >
    <p class="empty-title">This task was deleted in another window.</p>
    <p class="panel-times">
      <a href="/trash">Restore it from the trash</a>, or go <a href="/tasks">back to your tasks</a>.
    </p>
  </section>
);

/**
 * Says in a panel with unsaved edits that the task was changed or deleted in another window. The edits stay, and so does
 * a note that a save was rejected.
 */
export const ConflictNote = ({ id, gone }: { id: string; gone: boolean }) => (
  <PanelNote swap={`outerMorph:${panelOf(id)} .panel-note${gone ? "" : ":not([data-rejected])"}`}>
    {gone ? (
      <>
        Deleted in another window. To save your edits, restore it from{" "}
        <a href="/trash" target="_blank" rel="noopener">
          the trash
        </a>
        .
      </>
    ) : (
      "Changed in another window. Your edits are kept."
    )}
  </PanelNote>
);

const PanelNote = ({ swap, rejected = false, children }: PropsWithChildren<{ swap?: string; rejected?: boolean }>) => (
  <p class="panel-note" role="status" data-rejected={rejected ? "" : undefined} hx-swap-oob={swap}>
    {children}
  </p>
);

/** A task, open for editing in place. */
export function TaskPanel({
  task,
  version,
  draft = task,
  issues = [],
  note,
  beside,
  back,
  alongside = false,
}: TaskPanelProps) {
  const title = issueOf(issues, "title");
  const description = issueOf(issues, "description");
  const url = `/tasks/${task.id}`;
  const htmx = (path: string, target?: string) =>
    beside
      ? {
          "hx-post": path,
          ...(target ? { "hx-target": target, "hx-select": target, "hx-swap": "outerMorph" } : { "hx-swap": "none" }),
        }
      : {};
  return (
    <section
      id="panel"
      class={beside ? "panel panel-open" : "panel panel-alone"}
      aria-label="Task"
      data-task={task.id}
      hx-swap-oob={alongside ? `outerMorph:${panelOf(task.id)}` : undefined}
    >
      <p class="panel-top">
        <a class="quiet-link" href={back} data-close-panel={beside}>
          <Icon name={beside ? "close" : "arrow-left"} /> {beside ? "Close" : "Tasks"}
        </a>
      </p>
      <form
        class="panel-form"
        id="edit"
        method="post"
        action={url}
        {...htmx(url, "#panel")}
        novalidate
        data-unsaved={draft === task ? undefined : ""}
      >
        <input type="hidden" name="version" value={String(version)} />
        <label class="visually-hidden" for="title">
          Title
        </label>
        <textarea
          class="panel-title"
          id="title"
          name="title"
          rows="1"
          dir="auto"
          autofocus={isFirstIssue(issues, "title")}
          aria-invalid={title ? "true" : undefined}
          aria-describedby="title-issue"
          safe
        >
          {String(draft.title)}
        </textarea>
        <p class="field-issue" id="title-issue" safe>
          {title?.message ?? ""}
        </p>
        <label class="form-label" for="description">
          Description
        </label>
        <textarea
          class="form-control"
          id="description"
          name="description"
          rows="8"
          dir="auto"
          placeholder="Notes"
          autofocus={isFirstIssue(issues, "description")}
          aria-invalid={description ? "true" : undefined}
          aria-describedby="description-issue"
          safe
        >
          {`\n${draft.description}`}
        </textarea>
        <p class="field-issue" id="description-issue" safe>
          {description?.message ?? ""}
        </p>
        <fieldset class="choices">
          <legend class="form-label">Priority</legend>
          {PRIORITIES.map((priority) => (
            <label class="choice" data-priority={priority}>
              <input type="radio" name="priority" value={priority} checked={priority === draft.priority} />
              <span safe>{PRIORITY_LABELS[priority]}</span>
            </label>
          ))}
        </fieldset>
        <div class="panel-actions">
          <button class="btn btn-primary" type="submit">
            Save
          </button>
          <PanelNote rejected={note !== undefined}>{note ? <span safe>{note}</span> : ""}</PanelNote>
        </div>
      </form>
      <div class="panel-foot">
        <form method="post" action={`${url}/completion`} {...htmx(`${url}/completion`)}>
          <input type="hidden" name="completed" value={String(!task.completed)} />
          <button class="btn btn-quiet" type="submit">
            <Icon name="check" /> {task.completed ? "Reopen" : "Complete"}
          </button>
        </form>
        <form method="post" action={`${url}/deletion`} {...htmx(`${url}/deletion`)}>
          <button class="btn btn-quiet btn-danger-quiet" type="submit">
            <Icon name="trash" /> Delete
          </button>
        </form>
        <p class="panel-times">
          Created <Moment at={task.createdAt} />, changed <Moment at={task.updatedAt} />.{" "}
          <a href={`/activity?task=${task.id}`}>Activity</a>
        </p>
      </div>
    </section>
  );
}
