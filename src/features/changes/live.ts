import type { Database } from "../../db/database.ts";
import { AppError } from "../../errors.ts";
import type { Actor } from "../accounts/model.ts";
import type { Accounts } from "../accounts/service.ts";
import type { Change } from "./model.ts";
import type { Changes } from "./service.ts";

/** A sign of life this often: proxies drop what is silent for a minute. Also when every stream looks for itself. */
const HEARTBEAT_MS = 15_000;
/** Streams of one account in one process: more are a fault of the client. */
const MOST_STREAMS = 50;
/** Who missed more than this is better off reading everything anew. */
const MOST_MISSED = 500;
const BATCH = 100;
/** Heartbeats that a client may leave unread before it is let go. */
const PATIENCE = 2;

/** Something to send to a client, with the change up to which it now knows everything. */
export type LiveEvent =
  | { readonly kind: "change"; readonly change: Change }
  | { readonly kind: "reload"; readonly newest: number }
  | { readonly kind: "heartbeat" };

/** Where events go. `ready` says whether the client has taken what it was sent so far. */
export interface Outlet {
  send(event: LiveEvent): void;
  ready(): boolean;
  close(): void;
}

interface Stream {
  readonly actor: Actor;
  readonly outlet: Outlet;
  /** The last change that was sent: nothing is kept for a client, it is read when the client can take it. */
  position: number;
  /** Whether changes are being read for it right now, and whether there may be more by then. */
  pumping: boolean;
  again: boolean;
  /** Heartbeats that found it not ready. */
  unread: number;
}

export type Live = ReturnType<typeof createLive>;

/** The live feed: every stream is led along its account's changes, as fast as its client reads them. */
export function createLive(db: Database, changes: Changes, accounts: Accounts) {
  const streams = new Map<string, Set<Stream>>();
  const reading = new Map<string, Promise<Change[]>>();
  let unwatch: (() => void) | undefined;
  let timer: ReturnType<typeof setInterval> | undefined;
  let closed = false;

  /** Streams that stand at the same place share one read. */
  function changesAfter(accountId: string, after: number): Promise<Change[]> {
    const key = `${accountId} ${after}`;
    let shared = reading.get(key);
    if (!shared) {
      shared = changes.changesAfter(accountId, after, BATCH);
      reading.set(key, shared);
      const forget = () => reading.get(key) === shared && reading.delete(key);
      shared.then(forget, forget);
    }
    return shared;
  }

  async function pump(stream: Stream): Promise<void> {
    stream.again = true;
    if (stream.pumping) return;
    stream.pumping = true;
    try {
      while (stream.again && stream.outlet.ready()) {
        stream.again = false;
        const batch = await changesAfter(stream.actor.user.id, stream.position);
        for (const change of batch) {
          stream.outlet.send({ kind: "change", change });
          stream.position = change.id;
        }
        stream.again ||= batch.length === BATCH;
        stream.unread = 0;
        if (batch.some(({ entity }) => entity === "account")) await checkSession(stream);
      }
    } catch {
      // The database is away: the next wake-up or heartbeat goes on from here.
    } finally {
      stream.pumping = false;
    }
  }

  /** Ends a stream whose session has ended, run out, or belongs to an account that was locked out. */
  async function checkSession(stream: Stream) {
    const { user, sessionId, through } = stream.actor;
    if (!(await accounts.identify(user.id, sessionId, through))) remove(stream);
  }

  function wake(accountIds: ReadonlySet<string> | undefined) {
    reading.clear(); // what is being read may be from before the change
    for (const accountId of accountIds ?? streams.keys())
      for (const stream of streams.get(accountId) ?? []) void pump(stream);
  }

  async function beat(stream: Stream) {
    if (!stream.outlet.ready() && ++stream.unread > PATIENCE) return remove(stream);
    if (stream.outlet.ready()) stream.outlet.send({ kind: "heartbeat" });
    // What no wake-up told of, as one can get lost on the way from another process.
    await pump(stream);
    await checkSession(stream).catch(() => {});
  }

  function remove(stream: Stream) {
    const { id } = stream.actor.user;
    const own = streams.get(id);
    if (!own?.delete(stream)) return;
    if (own.size === 0) streams.delete(id);
    stream.outlet.close();
    if (streams.size > 0) return;
    unwatch?.();
    clearInterval(timer);
    unwatch = timer = undefined;
  }

  return {
    /** @throws AppError `tooManyRequests` for an account with very many streams; `unavailable` once the process goes */
    assertRoom(actor: Actor) {
      if (closed) throw new AppError("unavailable", "This process is stopping. Connect again.");
      if ((streams.get(actor.user.id)?.size ?? 0) < MOST_STREAMS) return;
      throw new AppError(
        "tooManyRequests",
        `There are ${MOST_STREAMS} live streams of this account already. Close some.`,
      );
    },

    /**
     * Leads a client along the actor's changes until the outlet or the session is closed.
     * @param after the last change that the client knows; undefined for one that has just read everything
     * @returns to be called when the client is ready for more, and when it has gone
     */
    open(actor: Actor, outlet: Outlet, after = actor.newestChange): { ready(): void; gone(): void } {
      const stream: Stream = { actor, outlet, position: after, pumping: true, again: false, unread: 0 };
      streams.set(actor.user.id, (streams.get(actor.user.id) ?? new Set()).add(stream));
      unwatch ??= db.watch(wake);
      timer ??= setInterval(() => {
        for (const each of [...streams.values()].flatMap((own) => [...own])) void beat(each);
      }, HEARTBEAT_MS);
      void begin(stream);
      return { ready: () => void (stream.again && pump(stream)), gone: () => remove(stream) };
    },

    /** Ends every stream, so that clients go on with another process. */
    close() {
      closed = true;
      for (const stream of [...streams.values()].flatMap((own) => [...own])) remove(stream);
    },
  };

  /** Who was away for too long, or knows more than there is (as after a restored backup), reads everything anew. */
  async function begin(stream: Stream) {
    const { user } = stream.actor;
    try {
      const newest = await changes.newestChange(user.id);
      const missed = await changes.changesAfter(user.id, stream.position, MOST_MISSED + 1);
      if (stream.position > newest || missed.length > MOST_MISSED) {
        stream.position = newest;
        stream.outlet.send({ kind: "reload", newest });
      }
    } catch {
      // As above.
    }
    stream.pumping = false;
    await pump(stream);
  }
}
