import { ListUpdate, type ListUpdateProps } from "../../../views/tasks/list-update.tsx";
import type { Actor } from "../../actor.ts";
import type { UndoView } from "../changes/undo.ts";
import { pageBehind, viewBehind } from "./forms.ts";
import type { Tasks } from "./service.ts";
import { viewQuery, viewUrl } from "./view.ts";

/** Returns how an open list shows what an action has changed. */
export function createListUpdates(tasks: Pick<Tasks, "countTasks" | "getTasks">) {
  /** Returns what `ListUpdate` shows: the changed rows, the counts as they are now, and a message. */
  async function listUpdate(
    actor: Actor,
    request: Request,
    update: Omit<ListUpdateProps, "view" | "totals">,
  ): Promise<ListUpdateProps> {
    const view = viewBehind(request);
    return { view, totals: await tasks.countTasks(actor, viewQuery(view)), ...update };
  }

  const undoView: UndoView = {
    // A task that was just created has no page after its undo.
    back: (request, undone) => (undone?.gone ? viewUrl(viewBehind(request)) : pageBehind(request)),

    async render(actor, request, { ids }, message) {
      const found = await tasks.getTasks(actor, ids);
      const gone = ids.filter((id) => !found.some(({ task }) => task.id === id));
      return <ListUpdate {...(await listUpdate(actor, request, { tasks: found, gone, message }))} />;
    },
  };

  return { listUpdate, undoView };
}
