import { and, desc, eq, notInArray } from "drizzle-orm";
import type { Actor, Channel } from "../../actor.ts";
import type { Database, Writer } from "../../db/database.ts";
import { type AccountVerb, MEMBER_VERBS } from "../changes/model.ts";
import type { Changes } from "../changes/service.ts";

/** How many events the account page shows. */
const SHOWN = 20;

/** One event of an account, such as a sign-in. */
export interface AccountEvent {
  readonly id: number;
  readonly at: string;
  readonly verb: AccountVerb;
  readonly through: Channel;
}

/** @param actorId null for the operator */
export type RecordEvent = (
  tx: Writer,
  accountId: string,
  actorId: string | null,
  through: Channel,
  verb: AccountVerb,
) => Promise<unknown>;

/** Sign-ins and other events of an account. They are in the log of its Inbox, so live streams notice when a session ends. */
export function createHistory(db: Database, changes: Pick<Changes, "record">) {
  const { changes: log } = db.schema;

  const record: RecordEvent = (tx, accountId, actorId, through, verb) =>
    changes.record(tx, { actorId, through }, [
      { projectId: accountId, entity: "account", entityId: accountId, verb, before: null, after: null },
    ]);

  return {
    record,

    /** Returns the latest events of the actor's account, newest first. */
    async listEvents({ user }: Actor): Promise<AccountEvent[]> {
      const rows = await db.read
        .select({ id: log.id, at: log.at, verb: log.verb, through: log.through })
        .from(log)
        .where(and(eq(log.projectId, user.id), eq(log.entityId, user.id), notInArray(log.verb, [...MEMBER_VERBS])))
        .orderBy(desc(log.id))
        .limit(SHOWN);
      return rows.map((row) => ({ ...row, at: row.at.toISOString(), verb: row.verb as AccountVerb }));
    },
  };
}
