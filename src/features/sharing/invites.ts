import { aliasedTable, and, eq, getTableColumns, gt, isNull, lt, type SQL } from "drizzle-orm";
import type { Actor } from "../../actor.ts";
import type { Config } from "../../config.ts";
import type { Database, Reader, Writer } from "../../db/database.ts";
import { deleteInBatches } from "../../db/delete-in-batches.ts";
import type { Idempotency, Repeatable } from "../../db/idempotency.ts";
import type { RateLimits } from "../../db/rate-limits.ts";
import { AppError } from "../../errors.ts";
import { invalid } from "../../validation/check.ts";
import { isId } from "../../validation/ids.ts";
import { accountKey } from "../accounts/model.ts";
import type { MemberVerb } from "../changes/model.ts";
import { originOf, type RecordAction } from "../changes/record.ts";
import { type AccessPolicy, fixedInbox } from "../projects/access.ts";
import type { Members } from "../projects/members.ts";
import {
  DEFAULT_DAYS,
  DEFAULT_USES,
  type Invite,
  type InviteInput,
  MAX_INVITES,
  type NewInvite,
  type PendingInvite,
} from "./model.ts";
import type { RecordMember } from "./service.ts";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** Accounts that one account can invite in an hour. */
const MAX_PER_HOUR = 60;

/**
 * The rules of invites. One is open until it has expired, as long as its project is not in the trash and whoever made it is
 * an owner.
 */
export function createInvites(
  db: Database,
  record: RecordAction,
  { assertMay }: Pick<AccessPolicy, "assertMay">,
  memberships: Pick<Members, "add" | "roleOf">,
  recordMember: RecordMember,
  { once }: Pick<Idempotency, "once">,
  rateLimits: RateLimits,
  { signUpsPerHour }: Config["limits"],
) {
  const { invites, projects, members, users } = db.schema;
  const inviter = aliasedTable(users, "inviter");

  /** Returns the open invites that match. */
  const selectOpen = async (reader: Reader, condition: SQL | undefined): Promise<Row[]> =>
    reader
      .select({
        ...getTableColumns(invites),
        project: projects.name,
        username: users.username,
        inviter: inviter.username,
      })
      .from(invites)
      .innerJoin(projects, eq(projects.id, invites.projectId))
      .innerJoin(members, and(eq(members.projectId, invites.projectId), eq(members.accountId, invites.invitedBy)))
      .innerJoin(inviter, eq(inviter.id, invites.invitedBy))
      .leftJoin(users, eq(users.id, invites.accountId))
      .where(and(condition, gt(invites.expiresAt, new Date()), isNull(projects.deletedAt), eq(members.role, "owner")))
      .orderBy(invites.id);

  const ownOpen = (reader: Reader, { user }: Actor, condition?: SQL) =>
    selectOpen(reader, and(eq(invites.accountId, user.id), condition));

  /** Makes the pages of an invited account count its invites again. */
  const recordEvent = (tx: Writer, actor: Actor, accountId: string, verb: MemberVerb) =>
    record(tx, originOf(actor), [
      { projectId: accountId, entity: "account", entityId: accountId, verb, before: null, after: null },
    ]);

  /** Returns the account with a username. @throws AppError `invalid` if there is none; `tooManyRequests` */
  async function findAccount({ user }: Actor, username: string, network: string): Promise<string> {
    // It says whether an account exists, like signing up, and is limited like that.
    const often = { delayMs: HOUR_MS, maxDelayMs: HOUR_MS, windowMs: HOUR_MS };
    const perNetwork = signUpsPerHour > 0 ? [{ key: ["invite from", network], free: signUpsPerHour, ...often }] : [];
    const perAccount = { key: ["invite", user.id], free: MAX_PER_HOUR, ...often };
    await rateLimits.take(network, [perAccount, ...perNetwork], "Too many invites.");
    const [account] = await db.read
      .select({ id: users.id })
      .from(users)
      .where(eq(users.usernameKey, accountKey(username)));
    if (account) return account.id;
    const message = "There is no account with this username. Check the spelling, or share a link.";
    throw invalid([{ path: "/username", rule: "exists", message }]);
  }

  /** Makes the actor a member, by an open invite. */
  async function join(tx: Writer, actor: Actor, { projectId, role }: Row): Promise<{ projectId: string }> {
    const accountId = actor.user.id;
    // An owner may have given a member less than the invite offers.
    if (await memberships.roleOf(tx, projectId, accountId))
      throw new AppError("conflict", "You are a member of this project already.");
    await memberships.add(tx, originOf(actor), projectId, accountId, role);
    await tx.delete(invites).where(and(eq(invites.projectId, projectId), eq(invites.accountId, accountId)));
    await recordMember(tx, actor, projectId, accountId, { before: null, after: role });
    return { projectId };
  }

  return {
    /** Returns the open invites of a project, without the secrets of links. @throws AppError `notFound`; `forbidden` */
    async listInvites(actor: Actor, projectId: string): Promise<Invite[]> {
      await assertMay(db.read, actor, "manage", [projectId]);
      return (await selectOpen(db.read, eq(invites.projectId, projectId))).map(toInvite);
    },

    /**
     * Invites an account, in place of an earlier invite; without a username, it creates a link.
     * @param network of the client
     * @throws AppError `notFound`; `forbidden`; `invalid` for an unknown username; `tooManyRequests`; `conflict` for an
     * Inbox, a member, or too many invites
     */
    async createInvite(actor: Actor, projectId: string, input: InviteInput, network: string): Promise<NewInvite> {
      const { role, username, maxUses } = input;
      if (username !== undefined && maxUses !== undefined)
        throw invalid([{ path: "/maxUses", rule: "unknown", message: "Uses is only accepted for a link." }]);
      await assertMay(db.read, actor, "manage", [projectId]);
      if (projectId === actor.user.id) throw fixedInbox("shared");
      const accountId = username === undefined ? null : await findAccount(actor, username, network);
      const secret = accountId === null ? Buffer.from(crypto.getRandomValues(new Uint8Array(32))) : undefined;
      const text = secret?.toString("base64url") ?? null;
      const id = Bun.randomUUIDv7();
      const created = await db.write(
        async (tx) => {
          const createdAt = new Date();
          await assertMay(tx, actor, "manage", [projectId]);
          if (accountId !== null) {
            if (await memberships.roleOf(tx, projectId, accountId)) throw memberAlready();
            await tx.delete(invites).where(and(eq(invites.projectId, projectId), eq(invites.accountId, accountId)));
            await recordEvent(tx, actor, accountId, "receiveInvite");
          }
          const open = await tx.$count(
            invites,
            and(eq(invites.projectId, projectId), gt(invites.expiresAt, createdAt)),
          );
          if (open >= MAX_INVITES)
            throw new AppError("conflict", `A project can have ${MAX_INVITES} open invites. Revoke some first.`);
          await tx.insert(invites).values({
            ...{ id, projectId, role, accountId, invitedBy: actor.user.id, createdAt, uses: 0 },
            secretHash: text === null ? null : hashOf(text),
            maxUses: text === null ? 1 : Number(maxUses ?? DEFAULT_USES),
            expiresAt: new Date(createdAt.getTime() + Number(input.expiresInDays ?? DEFAULT_DAYS) * DAY_MS),
          });
          return (await selectOpen(tx, eq(invites.id, id)))[0];
        },
        projectId,
        ...(accountId === null ? [] : [accountId]),
      );
      return { ...toInvite(created as Row), secret: text };
    },

    /**
     * Ends an invite.
     * @param repeat makes a repeated request succeed, too
     * @throws AppError `notFound`; `forbidden`
     */
    async revokeInvite(actor: Actor, projectId: string, id: string, repeat?: Repeatable): Promise<void> {
      const condition = and(eq(invites.projectId, projectId), eq(invites.id, id));
      const [invite] = isId(id) ? await db.read.select().from(invites).where(condition) : [];
      await db.write(
        (tx) =>
          once(tx, repeat, async () => {
            await assertMay(tx, actor, "manage", [projectId]);
            const [revoked] = invite ? await tx.delete(invites).where(condition).returning() : [];
            if (!revoked) throw noSuchInvite();
            if (revoked.accountId !== null) await recordEvent(tx, actor, revoked.accountId, "endInvite");
            return {};
          }),
        projectId,
        ...(invite?.accountId ? [invite.accountId] : []),
      );
    },

    /** Returns the open invites of the actor. */
    listPending: async (actor: Actor): Promise<PendingInvite[]> => (await ownOpen(db.read, actor)).map(toPending),

    /**
     * Accepts an invite of the actor. @returns the project
     * @param repeat makes a repeated request get the first result
     * @throws AppError `notFound`; `conflict` if the account has too many projects
     */
    async acceptInvite(actor: Actor, id: string, repeat?: Repeatable): Promise<string> {
      const byId = eq(invites.id, id);
      const [found] = isId(id) ? await ownOpen(db.read, actor, byId) : [];
      const { projectId } = await db.write(
        (tx) =>
          once(tx, repeat, async () => {
            const [invite] = await ownOpen(tx, actor, byId);
            if (!invite) throw noSuchInvite();
            return join(tx, actor, invite);
          }),
        actor.user.id,
        ...(found ? [found.projectId] : []),
      );
      return projectId;
    },

    /** Declines an invite of the actor. @param repeat as in `revokeInvite` @throws AppError `notFound` */
    async declineInvite(actor: Actor, id: string, repeat?: Repeatable): Promise<void> {
      const own = and(eq(invites.id, id), eq(invites.accountId, actor.user.id));
      await db.write(
        (tx) =>
          once(tx, repeat, async () => {
            const declined = isId(id) ? await tx.delete(invites).where(own).returning() : [];
            if (declined.length === 0) throw noSuchInvite();
            await recordEvent(tx, actor, actor.user.id, "endInvite");
            return {};
          }),
        actor.user.id,
      );
    },

    /** Returns what a link offers, and the id of the project. @throws AppError `notFound` if it does not work */
    async readLink(secret: string): Promise<PendingInvite & { readonly projectId: string }> {
      const [invite] = await selectOpen(db.read, eq(invites.secretHash, hashOf(secret)));
      if (!invite) throw deadLink();
      return { ...toPending(invite), projectId: invite.projectId };
    },

    /** Joins a project with the secret of a link. Returns and throws like `acceptInvite`. */
    async acceptLink(actor: Actor, secret: string, repeat?: Repeatable): Promise<string> {
      const bySecret = eq(invites.secretHash, hashOf(secret));
      const [found] = await selectOpen(db.read, bySecret);
      const { projectId } = await db.write(
        (tx) =>
          once(tx, repeat, async () => {
            const [invite] = await selectOpen(tx, bySecret);
            if (!invite) throw deadLink();
            const joined = await join(tx, actor, invite);
            const uses = invite.uses + 1;
            if (uses < invite.maxUses) await tx.update(invites).set({ uses }).where(eq(invites.id, invite.id));
            else await tx.delete(invites).where(eq(invites.id, invite.id));
            return joined;
          }),
        actor.user.id,
        ...(found ? [found.projectId] : []),
      );
      return projectId;
    },

    /** Ends the invites that someone has made who is no longer an owner. */
    async endInvitesBy(tx: Writer, projectId: string, accountId: string): Promise<void> {
      await tx.delete(invites).where(and(eq(invites.projectId, projectId), eq(invites.invitedBy, accountId)));
    },

    deleteExpiredInvites: (): Promise<void> =>
      deleteInBatches(db, invites, [invites.id], lt(invites.expiresAt, new Date())),
  };
}

/** An invite with the names that people know. */
type Row = Database["schema"]["invites"]["$inferSelect"] & {
  readonly project: string;
  readonly username: string | null;
  readonly inviter: string;
};

const toInvite = ({ id, username, role, inviter, maxUses, uses, expiresAt, createdAt }: Row): Invite => ({
  ...{ id, username, role, invitedBy: inviter, maxUses, uses },
  ...{ expiresAt: expiresAt.toISOString(), createdAt: createdAt.toISOString() },
});

const toPending = ({ id, project, role, inviter, expiresAt }: Row): PendingInvite => ({
  ...{ id, project, role, invitedBy: inviter, expiresAt: expiresAt.toISOString() },
});

const hashOf = (secret: string) => Bun.SHA256.hash(secret, "base64");

const memberAlready = () => new AppError("conflict", "This account is a member of the project already.");
const noSuchInvite = () => new AppError("notFound", "There is no such invite. It may have expired or been revoked.");
const deadLink = () => new AppError("notFound", "This link does not work any more. Ask for a new one.");
