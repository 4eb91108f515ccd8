import { Elysia } from "elysia";
import type { InviteDraft } from "../../../views/sharing/invite-forms.tsx";
import { InvitesPage, LinkPage } from "../../../views/sharing/invites.tsx";
import { MembersPage } from "../../../views/sharing/members.tsx";
import { Presence, UnreadMarks } from "../../../views/sharing/presence.tsx";
import type { Actor } from "../../actor.ts";
import { AppError } from "../../errors.ts";
import { type Fields, formBody } from "../../http/body.ts";
import type { ClientOf } from "../../http/client.ts";
import { formKey } from "../../http/idempotency-key.ts";
import type { Frame, Pages } from "../../http/pages.ts";
import { statusOf } from "../../http/problem.ts";
import { seeOther } from "../../http/redirect.ts";
import type { Sessions } from "../../http/session.ts";
import { check } from "../../validation/check.ts";
import type { Projects } from "../projects/service.ts";
import { InviteInput, LinkSecret, MemberPatch } from "./model.ts";
import type { Sharing } from "./service.ts";

/** The pages of a project's members and invites, and of the reader's own invites. */
export function sharingPages(
  sharing: Sharing,
  projects: Projects,
  sessions: Sessions,
  pages: Pages,
  clientOf: ClientOf,
) {
  type More = Omit<Parameters<typeof MembersPage>[0], "frame" | "project" | "members" | "invites">;

  async function membersPage(actor: Actor, frame: Frame, id: string, more: More = {}) {
    const { project } = await projects.getProject(actor, id);
    const members = await sharing.listMembers(actor, id);
    const invites = project.role === "owner" ? await sharing.listInvites(actor, id) : [];
    return <MembersPage {...{ frame, project, members, invites }} {...more} />;
  }

  /** Returns to the members of a project with a message, which also explains a conflict. */
  async function act(request: Request, id: string, done: string, action: () => Promise<void>) {
    const message = await action().then(
      () => done,
      (error) => {
        if (!(error instanceof AppError) || error.code !== "conflict") throw error;
        return error.message;
      },
    );
    return pages.redirectWithMessage(request, `/projects/${id}/members`, message);
  }

  const joined = async (actor: Actor, request: Request, id: string) => {
    const { project } = await projects.getProject(actor, id);
    return pages.redirectWithMessage(request, `/projects/${id}`, `You joined ${project.name}`);
  };

  return (
    new Elysia({ name: "sharing-pages", detail: { hide: true } })
      .use(sessions.signedIn)
      .use(formBody)
      .use(pages.plugin)
      .get("/projects/:id/members", async ({ actor, frame, params, html }) =>
        html(await membersPage(actor, frame, params.id)),
      )
      .post("/projects/:id/members", async ({ actor, frame, params, request, form, html, set }) => {
        const fields = inviteFields(form);
        try {
          const input = check(InviteInput, fields);
          const { username, secret } = await sharing.createInvite(actor, params.id, input, clientOf(request).network);
          if (secret === null)
            return pages.redirectWithMessage(request, `/projects/${params.id}/members`, `Invited: ${username}`);
          return html(await membersPage(actor, frame, params.id, { secret }));
        } catch (error) {
          if (!(error instanceof AppError) || !["invalid", "conflict", "tooManyRequests"].includes(error.code))
            throw error;
          set.status = statusOf(error);
          const { issues, message } = error;
          const draft = fields as InviteDraft;
          const problem = issues.some(({ path }) => path === "/username") ? undefined : message;
          return html(await membersPage(actor, frame, params.id, { draft, issues, problem }));
        }
      })
      .post("/projects/:id/members/:accountId", ({ actor, params, request, form }) =>
        act(request, params.id, "Role changed", async () => {
          const { role } = check(MemberPatch, { role: form.get("role") });
          await sharing.setRole(actor, params.id, params.accountId, role);
        }),
      )
      .post("/projects/:id/members/:accountId/removal", async ({ actor, params, request, form }) => {
        const repeat = formKey(request, form, actor.user.id, null);
        const remove = () => sharing.removeMember(actor, params.id, params.accountId, repeat);
        if (params.accountId !== actor.user.id) return act(request, params.id, "Member removed", remove);
        await remove();
        return pages.redirectWithMessage(request, "/projects", "You left the project");
      })
      .post("/projects/:id/invites/:inviteId/revocation", ({ actor, params, request, form }) =>
        act(request, params.id, "Invite revoked", () =>
          sharing.revokeInvite(actor, params.id, params.inviteId, formKey(request, form, actor.user.id, null)),
        ),
      )
      // An open page asks for it every 30 seconds.
      .post("/projects/:id/presence", async ({ actor, params, html }) =>
        html(<Presence usernames={await sharing.visit(actor, params.id)} unread={await sharing.unread(actor)} />),
      )
      // Every other page asks for it once.
      .get("/unread", async ({ actor, html }) => html(<UnreadMarks {...(await sharing.unread(actor))} />))
      .get("/invites", async ({ actor, frame, html }) =>
        html(<InvitesPage frame={frame} invites={await sharing.listPending(actor)} />),
      )
      .get("/invites/link/:secret", async ({ actor, frame, params, request, html }) => {
        const { projectId, ...offer } = await sharing.readLink(params.secret);
        if (actor.access.projects.has(projectId)) return seeOther(request, `/projects/${projectId}`);
        return html(<LinkPage frame={frame} offer={offer} secret={params.secret} />);
      })
      .post("/invites/link", async ({ actor, request, form }) => {
        const { secret } = check(LinkSecret, { secret: form.get("secret") });
        const repeat = formKey(request, form, actor.user.id, secret);
        return joined(actor, request, await sharing.acceptLink(actor, secret, repeat));
      })
      .post("/invites/:id/acceptance", async ({ actor, params, request, form }) => {
        const repeat = formKey(request, form, actor.user.id, null);
        return joined(actor, request, await sharing.acceptInvite(actor, params.id, repeat));
      })
      .post("/invites/:id/refusal", async ({ actor, params, request, form }) => {
        await sharing.declineInvite(actor, params.id, formKey(request, form, actor.user.id, null));
        return pages.redirectWithMessage(request, "/invites", "Declined");
      })
  );
}

/** Returns the fields of an invite that a form contains: without a username, those of a link. */
const inviteFields = (form: Fields) =>
  Object.fromEntries(
    (["username", "role", "expiresInDays", "maxUses"] as const).flatMap((name) => {
      const value = form.get(name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
