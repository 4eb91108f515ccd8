import { Elysia } from "elysia";
import { jsonBody } from "../../http/body.ts";
import type { ClientOf } from "../../http/client.ts";
import { idempotencyKey } from "../../http/idempotency-key.ts";
import { operation } from "../../http/openapi.ts";
import type { Sessions } from "../../http/session.ts";
import { ProjectId } from "../projects/model.ts";
import type { Projects } from "../projects/service.ts";
import { InviteId, InviteInput, LinkSecret, MemberId, MemberPatch, PendingInviteId } from "./model.ts";
import type { Sharing } from "./service.ts";

const tag = "Sharing";

/** The members and invites of a project. */
export const membersApi = (sharing: Sharing, sessions: Sessions, clientOf: ClientOf) =>
  new Elysia({ name: "members-api", prefix: "/api/projects/:id" })
    .use(sessions.signedIn)
    .get("/members", async ({ actor, params }) => ({ items: await sharing.listMembers(actor, params.id) }), {
      params: ProjectId,
      detail: operation({
        tag,
        summary: "List the members of a project",
        description: "Owners first, then editors and viewers, each by username.",
        schema: "MemberList",
        errors: [401, 404],
      }),
    })
    .delete(
      "/members/:accountId",
      async ({ actor, params, set }) => {
        await sharing.removeMember(actor, params.id, params.accountId);
        set.status = 204;
      },
      {
        params: MemberId,
        detail: operation({
          tag,
          summary: "Remove a member, or leave a project",
          description: "An owner can remove every member, and every member can leave. A project keeps an owner.",
          status: 204,
          errors: [401, 403, 404, 409],
        }),
      },
    )
    .get("/invites", async ({ actor, params }) => ({ items: await sharing.listInvites(actor, params.id) }), {
      params: ProjectId,
      detail: operation({
        tag,
        summary: "List the invites of a project",
        description: "Those that are open. Only for owners.",
        schema: "InviteList",
        errors: [401, 403, 404, 409],
      }),
    })
    .delete(
      "/invites/:inviteId",
      async ({ actor, params, set }) => {
        await sharing.revokeInvite(actor, params.id, params.inviteId);
        set.status = 204;
      },
      {
        params: InviteId,
        detail: operation({
          tag,
          summary: "Revoke an invite",
          description: "A link stops working at once. Who has joined with it stays a member.",
          status: 204,
          errors: [401, 403, 404, 409],
        }),
      },
    )
    .use(jsonBody)
    .patch(
      "/members/:accountId",
      async ({ actor, params, body }) => {
        await sharing.setRole(actor, params.id, params.accountId, body.role);
        return { items: await sharing.listMembers(actor, params.id) };
      },
      {
        params: MemberId,
        body: MemberPatch,
        detail: operation({
          tag,
          summary: "Change the role of a member",
          description:
            "Only for owners. Returns all members. A project keeps an owner: to hand it over, make another member an owner, then leave or change your own role.",
          schema: "MemberList",
          errors: [400, 401, 403, 404, 409, 413, 415, 422],
        }),
      },
    )
    .post(
      "/invites",
      async ({ actor, params, body, request, set }) => {
        const created = await sharing.createInvite(actor, params.id, body, clientOf(request).network);
        set.status = 201;
        return created;
      },
      {
        params: ProjectId,
        body: InviteInput,
        detail: operation({
          tag,
          summary: "Invite an account, or create a link",
          description:
            "Only for owners. An account that is invited again gets the new invite instead of the old one. An invite ends when it expires, when the project is deleted, and when whoever made it is no longer an owner.",
          status: 201,
          schema: "NewInvite",
          errors: [400, 401, 403, 404, 409, 413, 415, 422, 429],
        }),
      },
    );

/** The invites of the signed-in account. */
export const invitesApi = (sharing: Sharing, projects: Projects, sessions: Sessions) =>
  new Elysia({ name: "invites-api", prefix: "/api/invites" })
    .use(sessions.signedIn)
    .get("", async ({ actor }) => ({ items: await sharing.listPending(actor) }), {
      detail: operation({ tag, summary: "List your invites", schema: "PendingInviteList", errors: [401] }),
    })
    .post(
      "/:id/accept",
      async ({ actor, params, request }) => {
        const repeat = idempotencyKey(request, actor.user.id, null);
        return (await projects.getProject(actor, await sharing.acceptInvite(actor, params.id, repeat))).project;
      },
      {
        params: PendingInviteId,
        detail: operation({
          tag,
          summary: "Accept an invite",
          description: "Returns the project.",
          schema: "Project",
          repeatable: true,
          errors: [401, 404, 409, 422],
        }),
      },
    )
    .post(
      "/:id/decline",
      async ({ actor, params, set }) => {
        await sharing.declineInvite(actor, params.id);
        set.status = 204;
      },
      {
        params: PendingInviteId,
        detail: operation({ tag, summary: "Decline an invite", status: 204, errors: [401, 404] }),
      },
    )
    .use(jsonBody)
    .post(
      "/accept",
      async ({ actor, body, request }) => {
        const repeat = idempotencyKey(request, actor.user.id, body);
        return (await projects.getProject(actor, await sharing.acceptLink(actor, body.secret, repeat))).project;
      },
      {
        body: LinkSecret,
        detail: operation({
          tag,
          summary: "Join a project with a link",
          description: "Returns the project. 409 if you are a member already.",
          schema: "Project",
          repeatable: true,
          errors: [400, 401, 404, 409, 413, 415, 422],
        }),
      },
    );
