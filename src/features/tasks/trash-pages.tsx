import { Elysia } from "elysia";
import { TrashPage } from "../../../views/tasks/trash.tsx";
import { Toast } from "../../../views/ui/toast.tsx";
import type { Config } from "../../config.ts";
import { formBody } from "../../http/body.ts";
import { changeHeader } from "../../http/change-header.ts";
import { notices } from "../../http/flash.ts";
import { pages, seeOther, themeOf } from "../../http/pages.ts";
import { isFragment } from "../../http/request.ts";
import type { Sessions } from "../../http/session.ts";
import { attempt, shortTitle } from "./forms.ts";
import type { Trash } from "./trash.ts";

export function trashPages(trash: Trash, sessions: Sessions, config: Pick<Config, "trustProxy">) {
  const notice = notices(config);
  return new Elysia({ name: "trash-pages", detail: { hide: true } })
    .use(sessions.signedIn)
    .use(formBody)
    .use(pages)
    .get("/trash", async ({ actor, request, html, set }) => {
      const cursor = new URL(request.url).searchParams.get("cursor") ?? undefined;
      const told = notice.read(request);
      if (told) set.headers["set-cookie"] = notice.clear(request);
      const listed = await attempt(() => trash.listTrash(actor, { cursor }));
      // A cursor that was changed by hand.
      if (!listed.ok) return seeOther(request, "/trash");
      return html(<TrashPage actor={actor} theme={themeOf(request)} page={listed.value} notice={told} />);
    })
    .post("/trash/:id/restoration", async ({ actor, params, request, html, set }) => {
      const { task, change } = await trash.restoreTask(actor, params.id);
      const message = `Restored: ${shortTitle(task)}`;
      if (!isFragment(request)) return seeOther(request, "/trash", [notice.write(request, message, change)]);
      Object.assign(set.headers, changeHeader(change));
      return html(
        <>
          <li id={`deleted-${task.id}`} hx-swap-oob="delete" />
          <Toast message={message} undo={change} />
        </>,
      );
    });
}
