import type { Actor } from "../../src/features/accounts/model.ts";
import { type DeletedTask, type TrashPage as Page, TRASH_DAYS } from "../../src/features/tasks/trash-model.ts";
import type { Theme } from "../../src/http/pages.ts";
import { attribute } from "../ui/attribute.ts";
import { Icon } from "../ui/icon.tsx";
import { Layout } from "../ui/layout.tsx";
import { Moment } from "../ui/moment.tsx";
import type { ToastProps } from "../ui/toast.tsx";

interface TrashPageProps {
  actor: Actor;
  theme: Theme;
  page: Page;
  notice?: ToastProps | undefined;
}

export function TrashPage({ actor, theme, page, notice }: TrashPageProps) {
  return (
    <Layout title="Trash" theme={theme} actor={actor} notice={notice}>
      <div class="column">
        <p class="panel-top">
          <a class="quiet-link" href="/tasks">
            <Icon name="arrow-left" /> Tasks
          </a>
        </p>
        <h1>Trash</h1>
        <p class="lead-note">{`What is here goes for good ${TRASH_DAYS} days after it was deleted.`}</p>
        <div id="live">
          <ul class="trash-list">
            {page.items.map((task) => (
              <DeletedRow task={task} />
            ))}
          </ul>
          <div class="empty">
            <p class="empty-title">Nothing in the trash.</p>
            <p>What you delete waits here, in case you want it back.</p>
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
