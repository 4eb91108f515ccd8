import type { Calendar } from "../../src/calendar.ts";
import { TRASH_DAYS } from "../../src/features/changes/model.ts";
import type { Project } from "../../src/features/projects/model.ts";
import type { DeletedTask, TrashPage as Page } from "../../src/features/tasks/model.ts";
import type { Frame } from "../../src/http/pages.ts";
import { ProjectIcon } from "../projects/project-icon.tsx";
import { attribute } from "../ui/attribute.ts";
import { FormKey } from "../ui/form-key.tsx";
import { Icon } from "../ui/icon.tsx";
import { Layout } from "../ui/layout.tsx";
import { Day, Moment } from "../ui/moment.tsx";
import { Toast } from "../ui/toast.tsx";

interface TrashPageProps {
  frame: Frame;
  page: Page;
  projects: readonly Project[];
  /** Returns whether the reader may restore a task. */
  mayRestore: (task: DeletedTask) => boolean;
}

export function TrashPage({ frame, page, projects, mayRestore }: TrashPageProps) {
  return (
    <Layout title="Trash" frame={frame}>
      <div class="column">
        <h1>Trash</h1>
        <p class="lead-note">{`Deleted tasks and projects are kept for ${TRASH_DAYS} days.`}</p>
        <div id="live">
          <ul class="trash-list">
            {projects.map((project) => (
              <DeletedProject project={project} calendar={frame.calendar} formKey={frame.formKey} />
            ))}
            {page.items.map((task) => (
              <DeletedRow task={task} mayRestore={mayRestore(task)} calendar={frame.calendar} formKey={frame.formKey} />
            ))}
          </ul>
          <div class="empty">
            <p class="empty-title">The trash is empty.</p>
            <p>You can restore deleted tasks from here.</p>
          </div>
          {page.nextCursor ? (
            <p class="load-more">
              <a class="btn btn-quiet" href={`/trash?cursor=${encodeURIComponent(page.nextCursor)}`}>
                Older
              </a>
              <span class="print-note">Older tasks are on the next page.</span>
            </p>
          ) : null}
        </div>
      </div>
    </Layout>
  );
}

function DeletedRow({
  task: { id, title, deletedAt },
  mayRestore,
  calendar,
  formKey,
}: {
  task: DeletedTask;
  mayRestore: boolean;
  calendar: Calendar;
  formKey: string | undefined;
}) {
  const path = `/trash/${id}/restoration`;
  return (
    <li class="trash-row" id={`deleted-${id}`}>
      <span class="trash-title" dir="auto" safe>
        {title}
      </span>
      <DeletedMeta at={deletedAt} calendar={calendar} />
      {mayRestore ? (
        <form method="post" action={path} hx-post={path} hx-swap="none">
          <FormKey value={formKey} />
          <button class="btn btn-quiet" type="submit" aria-label={attribute(`Restore: ${title}`)}>
            <Icon name="restore" /> Restore
          </button>
        </form>
      ) : null}
    </li>
  );
}

/** A project with everything in it, which an owner can restore. */
function DeletedProject({
  project,
  calendar,
  formKey,
}: {
  project: Project;
  calendar: Calendar;
  formKey: string | undefined;
}) {
  return (
    <li class="trash-row">
      <span class="trash-title" dir="auto">
        <ProjectIcon project={project} /> <span safe>{project.name}</span>
      </span>
      <DeletedMeta at={project.deletedAt ?? ""} calendar={calendar} />
      {project.role === "owner" ? (
        <form method="post" action={`/projects/${project.id}/restoration`}>
          <FormKey value={formKey} />
          <button class="btn btn-quiet" type="submit" aria-label={attribute(`Restore: ${project.name}`)}>
            <Icon name="restore" /> Restore
          </button>
        </form>
      ) : null}
    </li>
  );
}

function DeletedMeta({ at, calendar }: { at: string; calendar: Calendar }) {
  const deleted = Temporal.Instant.from(at).toZonedDateTimeISO(calendar.timeZone);
  const until = deleted.toPlainDate().add({ days: TRASH_DAYS });
  return (
    <span class="trash-meta">
      Deleted <Moment at={at} calendar={calendar} />, kept until <Day date={until} calendar={calendar} />
    </span>
  );
}

/** Removes a restored task from the open page, with a message. */
export const RestoredRow = ({ id, message, undo }: { id: string; message: string; undo: number | undefined }) => (
  <>
    <li id={`deleted-${id}`} hx-swap-oob="delete" />
    <Toast message={message} undo={undo} />
  </>
);
