import { TRASH_DAYS } from "../../src/features/changes/model.ts";
import type { DeletedTask, TrashPage as Page } from "../../src/features/tasks/model.ts";
import type { Frame } from "../../src/http/pages.ts";
import { attribute } from "../ui/attribute.ts";
import { Icon } from "../ui/icon.tsx";
import { Layout } from "../ui/layout.tsx";
import { Moment } from "../ui/moment.tsx";
import { Toast } from "../ui/toast.tsx";

interface TrashPageProps {
  frame: Frame;
  page: Page;
}

export function TrashPage({ frame, page }: TrashPageProps) {
  return (
    <Layout title="Trash" frame={frame}>
      <div class="column">
        <p class="panel-top">
          <a class="quiet-link" href="/tasks">
            <Icon name="arrow-left" /> Tasks
          </a>
        </p>
        <h1>Trash</h1>
        <p class="lead-note">{`Deleted tasks are kept for ${TRASH_DAYS} days.`}</p>
        <div id="live">
          <ul class="trash-list">
            {page.items.map((task) => (
              <DeletedRow task={task} />
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
            </p>
          ) : null}
        </div>
      </div>
    </Layout>
  );
}

function DeletedRow({ task: { id, title, deletedAt } }: { task: DeletedTask }) {
  const path = `/trash/${id}/restoration`;
  return (
    <li class="trash-row" id={`deleted-${id}`}>
      <span class="trash-title" dir="auto" safe>
        {title}
      </span>
      <span class="trash-meta">
        Deleted <Moment at={deletedAt} />
      </span>
      <form method="post" action={path} hx-post={path} hx-swap="none">
        <button class="btn btn-quiet" type="submit" aria-label={attribute(`Restore: ${title}`)}>
          <Icon name="restore" /> Restore
        </button>
      </form>
    </li>
  );
}

/** Removes a restored task from the open page, with a message. */
export const RestoredRow = ({ id, message, undo }: { id: string; message: string; undo: number | undefined }) => (
  <>
    <li id={`deleted-${id}`} hx-swap-oob="delete" />
    <Toast message={message} undo={undo} />
  </>
);
