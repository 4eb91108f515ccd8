import { and, eq } from "drizzle-orm";
import { type Actor, ROLES, type Role } from "../../actor.ts";
import type { Config } from "../../config.ts";
import type { Database, Writer } from "../../db/database.ts";
import type { Idempotency, Repeatable } from "../../db/idempotency.ts";
import type { RateLimits } from "../../db/rate-limits.ts";
import { AppError } from "../../errors.ts";
import { isId } from "../../validation/ids.ts";
import { originOf } from "../changes/record.ts";
import type { Changes } from "../changes/service.ts";
import { type AccessPolicy, fixedInbox, noSuchProject } from "../projects/access.ts";
import type { Members } from "../projects/members.ts";
import { createInvites } from "./invites.ts";
import type { Member } from "./model.ts";
import { createVisits } from "./visits.ts";

/** Records a change of a membership in the log of the project, where its members see it. */
export type RecordMember = (
  tx: Writer,
  actor: Actor,
  projectId: string,
  accountId: string,
  roles: { readonly before: Role | null; readonly after: Role | null },
) => Promise<unknown>;

export type Sharing = ReturnType<typeof createSharing>;

/** The rules of sharing a project: who its members are, and who is invited. */
export function createSharing(
  db: Database,
  { record }: Pick<Changes, "record">,
  policy: Pick<AccessPolicy, "assertMay">,
  memberships: Pick<Members, "add" | "remove" | "roleOf">,
  idempotency: Pick<Idempotency, "once">,
  rateLimits: RateLimits,
  limits: Config["limits"],
) {
  const { members, users } = db.schema;

  const recordMember: RecordMember = (tx, actor, projectId, accountId, { before, after }) =>
    record(tx, originOf(actor), [
      {
        ...{ projectId, entity: "member", entityId: accountId },
        verb: before === null ? "joinProject" : after === null ? "leaveProject" : "changeRole",
        ...{ before: before && { role: before }, after: after && { role: after } },
      },
    ]);

  const { endInvitesBy, ...invites } = createInvites(
    db,
    record,
    policy,
    memberships,
    recordMember,
    idempotency,
    rateLimits,
    limits,
  );

  /** Ends what someone who was an owner has offered. @throws AppError `conflict` if no owner is left */
  async function endOwnership(tx: Writer, projectId: string, accountId: string): Promise<void> {
    const [owner] = await tx
      .select({ id: members.accountId })
      .from(members)
      .where(and(eq(members.projectId, projectId), eq(members.role, "owner")))
      .limit(1);
    if (!owner) throw new AppError("conflict", "A project needs an owner. Make another member an owner first.");
    await endInvitesBy(tx, projectId, accountId);
  }

  return {
    ...invites,
    ...createVisits(db),

    /**
     * Returns the members of a project: its owners first, then editors and viewers, each by username.
     * @throws AppError `notFound`
     */
    async listMembers({ access }: Actor, projectId: string): Promise<Member[]> {
      if (access.projects.get(projectId)?.deleted !== false) throw noSuchProject();
      const rows = await db.read
        .select({ id: users.id, username: users.username, role: members.role })
        .from(members)
        .innerJoin(users, eq(users.id, members.accountId))
        .where(eq(members.projectId, projectId));
      return rows.sort((one, other) => rankOf(one) - rankOf(other) || one.username.localeCompare(other.username, "en"));
    },

    /**
     * Changes the role of a member. To hand a project over, make another member an owner.
     * @throws AppError `notFound`; `forbidden`; `conflict` for an Inbox, or if no owner would be left
     */
    async setRole(actor: Actor, projectId: string, accountId: string, role: Role): Promise<void> {
      if (!isId(accountId)) throw noSuchMember();
      await db.write(
        async (tx) => {
          await policy.assertMay(tx, actor, "manage", [projectId]);
          const before = await memberships.roleOf(tx, projectId, accountId);
          if (!before) throw noSuchMember();
          if (before === role) return;
          if (projectId === actor.user.id) throw fixedInbox("shared");
          await memberships.add(tx, originOf(actor), projectId, accountId, role);
          if (before === "owner") await endOwnership(tx, projectId, accountId);
          await recordMember(tx, actor, projectId, accountId, { before, after: role });
        },
        projectId,
        accountId,
      );
    },

    /**
     * Removes a member from a project. Every member can leave it, also while it is in the trash.
     * @param repeat makes a repeated request succeed, too
     * @throws AppError `notFound`; `forbidden`; `conflict` for an Inbox, or if no owner would be left
     */
    async removeMember(actor: Actor, projectId: string, accountId: string, repeat?: Repeatable): Promise<void> {
      if (!isId(accountId)) throw noSuchMember();
      const isOwn = accountId === actor.user.id;
      await db.write(
        (tx) =>
          idempotency.once(tx, repeat, async () => {
            await policy.assertMay(tx, actor, isOwn ? "view" : "manage", [projectId], { inTrash: isOwn });
            if (projectId === accountId) throw fixedInbox("left");
            const before = await memberships.remove(tx, originOf(actor), projectId, accountId);
            if (!before) throw noSuchMember();
            if (before === "owner") await endOwnership(tx, projectId, accountId);
            await recordMember(tx, actor, projectId, accountId, { before, after: null });
            return {};
          }),
        projectId,
        accountId,
      );
    },
  };
}

const rankOf = ({ role }: Member) => ROLES.indexOf(role);

const noSuchMember = () => new AppError("notFound", "There is no such member.");
