import type { Calendar } from "../../src/calendar.ts";
import type { Issue } from "../../src/errors.ts";
import type { Member } from "../../src/features/sharing/model.ts";
import type { Task } from "../../src/features/tasks/model.ts";
import type { Section } from "../../src/features/tasks/section-model.ts";
import { openUrl, parseView } from "../../src/features/tasks/view.ts";
import { CommentsPlace } from "../comments/comments.tsx";
import { isViewOnly, type ProjectsById } from "../projects/project-icon.tsx";
import { attribute } from "../ui/attribute.ts";
import { FormKey } from "../ui/form-key.tsx";
import { Icon } from "../ui/icon.tsx";
import { Moment } from "../ui/moment.tsx";
import { Conflict, ConflictActions, conflictSource, type Draft, PanelNote, panelOf } from "./conflict.tsx";
import { AssigneeField } from "./fields/assignee.tsx";
import { DueField, RepeatField, StartField } from "./fields/dates.tsx";
import { LabelsField } from "./fields/labels.tsx";
import { BoxesForm, NotesField } from "./fields/notes.tsx";
import { ParentField } from "./fields/parent.tsx";
import { PriorityField } from "./fields/priority.tsx";
import { ProjectField } from "./fields/project.tsx";
import { SectionField } from "./fields/section.tsx";
import { TitleField } from "./fields/title.tsx";
import { PrintedTask } from "./print.tsx";
import { Subtasks } from "./subtasks.tsx";

export interface TaskPanelProps {
  task: Task;
  /** The version that the fields are based on. */
  version: number;
  calendar: Calendar;
  projects: ProjectsById;
  /** Of the project that the task is in. */
  members: readonly Member[];
  /** Of the project that the task is in. */
  sections: readonly Section[];
  /** The task that this one is a subtask of. */
  parent: Task | undefined;
  subtasks: readonly Task[];
  /** The titles of the tasks that the notes link to, by id. */
  titles: ReadonlyMap<string, string>;
  draft?: Draft;
  issues?: readonly Issue[];
  /** The version that was saved in between, if the draft could not be saved because of it, and by whom if by another. */
  theirs?: { readonly version: number; readonly author: string | undefined };
  /** The list to return to. */
  back: string;
  /** Part of another response: shown only where this task is open. */
  alongside?: boolean;
  /** The fields were just saved, and the change that Undo takes back. */
  saved?: { readonly undo: number | undefined };
  formKey?: string | undefined;
}

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

/** A task, open for editing in place. A new field is one more component in its list. */
export function TaskPanel({
  task,
  version,
  calendar,
  projects,
  members,
  sections,
  parent,
  subtasks,
  titles,
  draft = task,
  issues = [],
  theirs,
  back,
  alongside = false,
  saved,
  formKey,
}: TaskPanelProps) {
  const url = `/tasks/${task.id}`;
  // Input that is rejected without a script is shown at this address, over the same list.
  const here = openUrl(task.id, parseView(new URL(back, "http://site.invalid")));
  const field = { draft, issues, calendar };
  const viewOnly = isViewOnly(task, projects);
  return (
    <section
      id="panel"
      class="panel panel-open"
      aria-label="Task"
      data-task={task.id}
      hx-swap-oob={alongside ? `outerMorph:${panelOf(task.id)}` : undefined}
    >
      <div class="panel-bar">
        <h2>Task</h2>
        <SavedStatus saved={saved} />
        {viewOnly ? null : <TaskMenu url={url} formKey={formKey} />}
        <a class="icon-button" href={back} data-close-panel aria-label="Close" title="Close">
          <Icon name="close" />
        </a>
      </div>
      <PrintedTask task={task} calendar={calendar} titles={titles} />
      <form
        id="completion"
        method="post"
        action={`${url}/completion`}
        hx-post={`${url}/completion`}
        hx-swap="none"
        hidden
      >
        <input type="hidden" name="completed" value={String(!task.completed)} />
        {task.repeat ? <input type="hidden" name="occurrence" value={attribute(task.dueDate ?? "")} /> : null}
      </form>
      <BoxesForm url={url} version={version} />
      <form id="due" method="post" action={`${url}/due`} hx-post={`${url}/due`} hx-swap="none" hidden />
      <form
        class="panel-form"
        id="edit"
        method="post"
        action={attribute(here)}
        hx-post={url}
        hx-target="#panel"
        hx-select="#panel"
        hx-swap="outerMorph"
        novalidate
        data-unsaved={draft === task ? undefined : ""}
      >
        <FormKey value={formKey} />
        <input type="hidden" name="version" value={String(version)} />
        {viewOnly ? <p class="view-only">You can view this project, but not change it.</p> : null}
        <fieldset class="panel-fields" disabled={viewOnly}>
          <div class="panel-head" data-priority={task.priority} data-completed={task.completed ? "" : undefined}>
            <button
              class="tick"
              type="submit"
              form="completion"
              aria-label={attribute(`${task.completed ? "Reopen" : "Complete"} this task`)}
            >
              <span class="tick-circle">
                <Icon name="check" />
              </span>
            </button>
            <TitleField {...field} />
          </div>
          <div class="fields">
            <DueField {...field} />
            <StartField {...field} />
            <RepeatField {...field} />
            {/* A subtask is in the project of its parent. */}
            {parent ? <ParentField parent={parent} /> : <ProjectField {...field} projects={projects} />}
            {parent ? null : <SectionField {...field} sections={sections} />}
            <AssigneeField {...field} members={members} />
            <LabelsField {...field} />
            <PriorityField {...field} />
          </div>
          <NotesField {...field} notes={task.description} titles={titles} />
          {theirs === undefined ? null : <Conflict {...{ task, draft, projects, members, sections }} />}
          <div class="panel-actions">
            {viewOnly ? null : theirs === undefined ? (
              <button class="btn btn-primary needs-no-script" type="submit">
                Save
              </button>
            ) : (
              <ConflictActions url={url} theirs={theirs.version} />
            )}
            <PanelNote rejected={theirs !== undefined}>
              {theirs === undefined ? (
                ""
              ) : (
                <span safe>{`Changed ${conflictSource(theirs.author)}. Your edits are kept.`}</span>
              )}
            </PanelNote>
          </div>
        </fieldset>
      </form>
      <Subtasks task={task} subtasks={subtasks} canAdd={!task.completed && !viewOnly} viewOnly={viewOnly} />
      <CommentsPlace taskId={task.id} />
      <TaskActivity task={task} calendar={calendar} />
    </section>
  );
}

/** What the script, which saves each field, says about it. */
const SavedStatus = ({ saved }: Pick<TaskPanelProps, "saved">) => (
  <div class="panel-status" role="status">
    {saved ? (
      <>
        <span>Saved</span>
        {saved.undo === undefined ? null : (
          <form
            method="post"
            action={`/changes/${saved.undo}/undo`}
            hx-post={`/changes/${saved.undo}/undo`}
            hx-swap="none"
          >
            <button class="link-button" type="submit">
              Undo
            </button>
          </form>
        )}
      </>
    ) : null}
  </div>
);

/** When the task was created and changed. The link loads its activity in place. */
const TaskActivity = ({ task, calendar }: Pick<TaskPanelProps, "task" | "calendar">) => {
  const url = `/activity?task=${task.id}`;
  return (
    <div class="panel-activity" id="panel-activity" hx-morph-skip>
      <p class="panel-times">
        Created <Moment at={task.createdAt} calendar={calendar} />, changed{" "}
        <Moment at={task.updatedAt} calendar={calendar} />.{" "}
        <a href={url} hx-get={url} hx-target="#panel-activity" hx-select="#live > *" hx-swap="innerHTML">
          Activity
        </a>
      </p>
    </div>
  );
};

/** What is seldom done to a task. */
const TaskMenu = ({ url, formKey }: { url: string; formKey: string | undefined }) => (
  <details class="menu">
    <summary class="icon-button" aria-label="More" title="More">
      <Icon name="more" />
    </summary>
    <div class="menu-sheet">
      <form method="post" action={`${url}/order`} hx-post={`${url}/order`} hx-swap="none">
        <button class="btn btn-quiet" type="submit" name="direction" value="up">
          <Icon name="up" /> Move up
        </button>
        <button class="btn btn-quiet" type="submit" name="direction" value="down">
          <Icon name="down" /> Move down
        </button>
      </form>
      <form method="post" action={`${url}/duplication`} hx-post={`${url}/duplication`} hx-swap="none" data-closes-menu>
        <FormKey value={formKey} />
        <button class="btn btn-quiet" type="submit">
          <Icon name="copy" /> Duplicate
        </button>
      </form>
      <form method="post" action={`${url}/deletion`} hx-post={`${url}/deletion`} hx-swap="none">
        <button class="btn btn-quiet btn-danger-quiet" type="submit">
          <Icon name="trash" /> Delete
        </button>
      </form>
    </div>
  </details>
);
