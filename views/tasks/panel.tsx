import type { Actor } from "../../src/accounts/model.ts";
import type { Issue } from "../../src/errors.ts";
import type { Theme } from "../../src/http/pages.ts";
import { PRIORITIES, type Task } from "../../src/tasks/model.ts";
import { isFirstIssue, issueOf } from "../field.tsx";
import { Icon } from "../icon.tsx";
import { Layout } from "../layout.tsx";
import { Moment } from "../moment.tsx";
import { SHORT_PRIORITY_NAMES } from "./words.ts";

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
  /** A sentence about what just happened: saved, or changed elsewhere. */
  note?: { kind: "done" | "problem"; text: string } | undefined;
  /** Beside a list, where htmx takes the answers; alone it is a page with plain forms. */
  beside: boolean;
  /** The list to go back to. */
  back: string;
  /** Part of an answer to something else: taken where this very task is open, and only there. */
  alongside?: boolean;
}

export function TaskPage({ actor, theme, ...panel }: TaskPanelProps & { actor: Actor; theme: Theme }) {
  return (
    <Layout title={panel.task.title} theme={theme} actor={actor}>
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
      <form class="panel-form" id="edit" method="post" action={url} {...htmx(url, "#panel")} novalidate>
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
          <p class={note?.kind === "problem" ? "panel-note panel-note-problem" : "panel-note"} role="status" safe>
            {note?.text ?? ""}
          </p>
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
