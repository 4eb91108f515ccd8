import type { Calendar } from "../../src/calendar.ts";
import { priorityWords, type Task } from "../../src/features/tasks/model.ts";
import type { Relatives } from "../../src/features/tasks/relatives.ts";
import { firstLine } from "../../src/text/markdown.ts";
import { repeatWords } from "../../src/text/repeat-words.ts";
import { truncate } from "../../src/text/truncate.ts";
import { ProjectIcon, type RowProject } from "../projects/project-icon.tsx";
import { Icon } from "../ui/icon.tsx";
import { Day, Moment } from "../ui/moment.tsx";
import { plural } from "../ui/plural.ts";
import { Due } from "./due.tsx";

/** Characters of the notes that a row shows. */
const SUMMARY = 140;
/** Characters of the title of a parent. */
const PARENT = 60;

interface RowDetailsProps {
  task: Task;
  calendar: Calendar;
  /** The project of the task, where the list has several. */
  project?: RowProject | undefined;
  /** The title of the parent, where that is not shown. */
  parent?: string | undefined;
  /** How many subtasks are completed. */
  progress?: Relatives["progress"];
}

/** The quiet second line of a row, which is empty where there is nothing to say. A field adds its item here. */
export const RowDetails = (props: RowDetailsProps) => (
  <span class="task-meta">
    <Progress {...props} />
    <Parent {...props} />
    <Due {...props} />
    <Start {...props} />
    <Repeat {...props} />
    <Completion {...props} />
    <Comments {...props} />
    <InProject {...props} />
    <Priority {...props} />
    <Notes {...props} />
  </span>
);

const Progress = ({ progress }: RowDetailsProps) =>
  progress ? (
    <span class="task-progress">
      <span aria-hidden="true" safe>{`${progress.completed}/${progress.all}`}</span>
      <span
        class="visually-hidden"
        safe
      >{`${progress.completed} of ${plural(progress.all, "subtask")} completed`}</span>
    </span>
  ) : null;

const Parent = ({ parent }: RowDetailsProps) =>
  parent === undefined ? null : (
    <span class="task-parent">
      <bdi safe>{truncate(parent, PARENT, "…")}</bdi>
    </span>
  );

/** Returns whether a task has not started. */
export const startsLater = ({ startDate, completed }: Task, { today }: Calendar) =>
  startDate !== null && !completed && startDate > today.toString();

const Start = ({ task, calendar }: RowDetailsProps) =>
  task.startDate !== null && startsLater(task, calendar) ? (
    <span>
      Starts <Day date={Temporal.PlainDate.from(task.startDate)} calendar={calendar} />
    </span>
  ) : null;

const Repeat = ({ task: { repeat, completed } }: RowDetailsProps) =>
  repeat !== null && !completed ? <span safe>{repeatWords(repeat)}</span> : null;

export const InProject = ({ project }: Pick<RowDetailsProps, "project">) =>
  project ? (
    <span class="task-project">
      <ProjectIcon project={project} />
      <bdi safe>{project.name}</bdi>
    </span>
  ) : null;

/** High has a flag, none has nothing to say. */
const Priority = ({ task: { priority } }: RowDetailsProps) =>
  priority === "low" || priority === "medium" ? <span safe>{priorityWords(priority)}</span> : null;

const Completion = ({ task: { completedAt }, calendar }: RowDetailsProps) =>
  completedAt ? (
    <span class="task-done">
      Done <Moment at={completedAt} calendar={calendar} />
    </span>
  ) : null;

const Comments = ({ task: { commentCount } }: RowDetailsProps) =>
  commentCount > 0 ? (
    <span class="task-comments">
      <Icon name="chat" />
      <span aria-hidden="true">{commentCount}</span>
      <span class="visually-hidden" safe>
        {plural(commentCount, "comment")}
      </span>
    </span>
  ) : null;

function Notes({ task: { description } }: RowDetailsProps) {
  const summary = firstLine(description);
  return summary ? (
    <span>
      <bdi safe>{truncate(summary, SUMMARY)}</bdi>
    </span>
  ) : null;
}
