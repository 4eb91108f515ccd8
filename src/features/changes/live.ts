import type { Actor } from "../../actor.ts";
import type { Database } from "../../db/database.ts";
import { AppError } from "../../errors.ts";
import type { Outlet, Source } from "../../http/sse.ts";
import type { ChangeLog } from "./log.ts";
import type { Change } from "./model.ts";

/** Heartbeat interval: proxies drop a connection that is silent for a minute. Each stream also looks for changes then. */
const HEARTBEAT_MS = 15_000;
/** Streams of one account in one process. A client that opens more has a bug. */
const MAX_STREAMS = 50;
/** A client that missed more changes than this reloads instead. */
const MAX_MISSED = 500;
const BATCH = 100;
/** Heartbeats that a client may leave unread before it is disconnected. */
const MAX_UNREAD = 2;

interface Stream {
  readonly actor: Actor;
  readonly outlet: Outlet;
  /** The last change that was sent. Nothing is buffered for a client: changes are read when it can take them. */
  position: number;
  /** Whether changes are being read for it, and whether more may have come since. */
  reading: boolean;
  again: boolean;
  /** Heartbeats that found the client not ready. */
  unread: number;
}

export type Live = ReturnType<typeof createLive>;

/**
 * Returns the live feed: each stream follows the changes of its account, as fast as its client reads them.
 * @param isActive returns whether the actor's session still exists
 */
export function createLive(
  db: Database,
  log: Pick<ChangeLog, "changesAfter" | "newestChange">,
  isActive: (actor: Actor) => Promise<boolean>,
) {
  const streams = new Map<string, Set<Stream>>();
  const reads = new Map<string, Promise<Change[]>>();
  let unwatch: (() => void) | undefined;
  let timer: ReturnType<typeof setInterval> | undefined;
  let closed = false;

  const allStreams = () => [...streams.values()].flatMap((own) => [...own]);

  /** Streams at the same position share one read. */
  function changesAfter(accountId: string, after: number): Promise<Change[]> {
    const key = `${accountId} ${after}`;
    let shared = reads.get(key);
    if (!shared) {
      shared = log.changesAfter(accountId, after, BATCH);
      reads.set(key, shared);
      const forget = () => reads.get(key) === shared && reads.delete(key);
      shared.then(forget, forget);
    }
    return shared;
  }

  async function sendChanges(stream: Stream): Promise<void> {
    stream.again = true;
    if (stream.reading) return;
    stream.reading = true;
    try {
      while (stream.again && stream.outlet.ready()) {
        stream.again = false;
        const batch = await changesAfter(stream.actor.user.id, stream.position);
        for (const change of batch) {
          stream.outlet.send(changeEvent(change));
          stream.position = change.id;
        }
        stream.again ||= batch.length === BATCH;
        stream.unread = 0;
        if (batch.some(({ entity }) => entity === "account")) await checkSession(stream);
      }
    } catch {
      // The database is unreachable: the next change or heartbeat continues from here.
    } finally {
      stream.reading = false;
    }
  }

  /** Ends a stream whose session has ended or expired, or whose account is disabled. */
  async function checkSession(stream: Stream) {
    if (!(await isActive(stream.actor))) remove(stream);
  }

  function onChange(accountIds: ReadonlySet<string> | undefined) {
    reads.clear(); // reads under way may be from before the change
    for (const accountId of accountIds ?? streams.keys())
      for (const stream of streams.get(accountId) ?? []) void sendChanges(stream);
  }

  async function beat(stream: Stream) {
    if (!stream.outlet.ready() && ++stream.unread > MAX_UNREAD) return remove(stream);
    if (stream.outlet.ready()) stream.outlet.send(": heartbeat\n\n");
    // A notification from another process can get lost.
    await sendChanges(stream);
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

  /** Tells a client to reload that missed too much, or knows more than there is, as after a restored backup. */
  async function begin(stream: Stream) {
    const { user } = stream.actor;
    try {
      const newest = await log.newestChange(user.id);
      const missed = await log.changesAfter(user.id, stream.position, MAX_MISSED + 1);
      if (stream.position > newest || missed.length > MAX_MISSED) {
        stream.position = newest;
        stream.outlet.send(reloadEvent(newest));
      }
    } catch {
      // As above.
    }
    stream.reading = false;
    await sendChanges(stream);
  }

  return {
    /** @throws AppError `tooManyRequests` for too many streams of one account; `unavailable` while the process stops */
    assertCapacity(actor: Actor): void {
      if (closed) throw new AppError("unavailable", "This process is stopping. Connect again.");
      if ((streams.get(actor.user.id)?.size ?? 0) < MAX_STREAMS) return;
      throw new AppError("tooManyRequests", `This account has ${MAX_STREAMS} live streams already. Close some.`);
    },

    /**
     * Sends the actor's changes to a client until it disconnects or the session ends.
     * @param after the last change that the client knows
     */
    open(actor: Actor, outlet: Outlet, after: number): Source {
      const stream: Stream = { actor, outlet, position: after, reading: true, again: false, unread: 0 };
      streams.set(actor.user.id, (streams.get(actor.user.id) ?? new Set()).add(stream));
      unwatch ??= db.watch(onChange);
      timer ??= setInterval(() => {
        for (const each of allStreams()) void beat(each);
      }, HEARTBEAT_MS);
      void begin(stream);
      return { ready: () => void (stream.again && sendChanges(stream)), gone: () => remove(stream) };
    },

    /** Ends every stream, so that clients reconnect to another process. */
    close(): void {
      closed = true;
      for (const stream of allStreams()) remove(stream);
    },
  };
}

const changeEvent = (change: Change) => `id: ${change.id}\nevent: change\ndata: ${JSON.stringify(change)}\n\n`;

const reloadEvent = (newest: number) => `id: ${newest}\nevent: reload\ndata: {}\n\n`;
