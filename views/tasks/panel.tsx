import type { PropsWithChildren } from "@kitajs/html";
import type { Issue } from "../../src/errors.ts";
import type { Actor } from "../../src/features/accounts/model.ts";
import { PRIORITIES, type Task } from "../../src/features/tasks/model.ts";
import type { Theme } from "../../src/http/pages.ts";
import { isFirstIssue, issueOf } from "../ui/field.tsx";
import { Icon } from "../ui/icon.tsx";
import { Layout } from "../ui/layout.tsx";
import { Moment } from "../ui/moment.tsx";
import type { ToastProps } from "../ui/toast.tsx";
import { SHORT_PRIORITY_NAMES } from "./labels.ts";

/** What the edit form shows: the task as stored, or what somebody typed that could not be. */
export interface Draft {
  title: string;
  description: string;
  priority: string;
}

interface TaskPanelProps {
  task: Task;
  version: number;
  draft?: Draft;
  issues?: readonly Issue[];
  /** Why it could not be saved. */
  note?: string;
  /** Beside a list, where htmx takes the answers; alone it is a page with plain forms. */
  beside: boolean;
  /** The list to go back to. */
  back: string;
  /** Part of an answer to something else: taken where this very task is open, and only there. */
  alongside?: boolean;
}

type TaskPageProps = TaskPanelProps & { actor: Actor; theme: Theme; notice?: ToastProps | undefined };

export function TaskPage({ actor, theme, notice, ...panel }: TaskPageProps) {
  return (
    <Layout title={panel.task.title} theme={theme} actor={actor} notice={notice}>
      <div class="column">
        <h1 class="visually-hidden">Task</h1>
        <TaskPanel {...panel} />
      </div>
    </Layout>
  );
}

/** Finds the panel only while this very task is open in it. */
const panelOf = (id: string) => `#panel[data-task="${id}"]`;

/** Where a task opens beside the list. @param insteadOf the task that went, in an answer to htmx */
export const EmptyPanel = ({ insteadOf }: { insteadOf?: string }) => (
  <section
    id="panel"
    class="panel"
    aria-label="Task"
    hidden
    hx-swap-oob={insteadOf ? `outerHTML:${panelOf(insteadOf)}` : undefined}
  />
);

/** What is left of a task that was deleted elsewhere, on a page of its own. It bears its name, and so takes it back. */
export const GonePanel = ({ id }: { id: string }) => (
  <section
    id="panel"
    class="panel panel-alone"
    aria-label="Task"
    data-task={id}
    hx-swap-oob={`outerHTML:${panelOf(id)}`}
  >
    <p class="empty-title">This task was deleted elsewhere.</p>
    <p class="panel-times">
      <a href="/trash">Restore it from the trash</a>, or go <a href="/tasks">back to your tasks</a>.
    </p>
  </section>
);

/** Tells whoever writes in a panel what happened to the task meanwhile; what they wrote stays. */
export const NewsForWriter = ({ id, gone }: { id: string; gone: boolean }) => (
  <PanelNote swap={`outerMorph:${panelOf(id)} .panel-note`}>
    {gone ? (
      <>
        This task was deleted elsewhere meanwhile. Restore it from{" "}
        <a href="/trash" target="_blank" rel="noopener">
          the trash
        </a>{" "}
        to save what you wrote.
      </>
    ) : (
      "This task was changed elsewhere meanwhile."
    )}
  </PanelNote>
);

const PanelNote = ({ swap, children }: PropsWithChildren<{ swap?: string }>) => (
  <p class="panel-note" role="status" hx-swap-oob={swap}>
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
          {draft.title}
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
          placeholder="Anything worth knowing"
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
              <span safe>{SHORT_PRIORITY_NAMES[priority]}</span>
            </label>
          ))}
        </fieldset>
        <div class="panel-actions">
          <button class="btn btn-primary" type="submit">
            Save
          </button>
          <PanelNote>{note ? <span safe>{note}</span> : ""}</PanelNote>
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
