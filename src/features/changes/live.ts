import type { Access, Actor } from "../../actor.ts";
import type { Config } from "../../config.ts";
import type { Database } from "../../db/database.ts";
import { AppError } from "../../errors.ts";
import type { Outlet, Source } from "../../http/sse.ts";
import { countEvent, observed } from "../../observe.ts";
import type { ChangeLog } from "./log.ts";
import type { Change } from "./model.ts";
import { type Position, readPosition, writePosition } from "./position.ts";

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
  /** Who follows, with what they saw when it was last checked. */
  actor: Actor;
  /** The network of the client, as rate limits count it. */
  readonly network: string;
  readonly outlet: Outlet;
  /** When it was opened, as Unix time in milliseconds. */
  readonly opened: number;
  /** The last change of each project that was sent. Nothing is buffered for a client: changes are read when it can take them. */
  position: Map<string, number>;
  /** Projects that may have more changes. */
  outdated: Set<string>;
  /** Whether changes are being read for it. */
  reading: boolean;
  /** Heartbeats that found the client not ready. */
  unread: number;
}

export type Live = ReturnType<typeof createLive>;

/**
 * Returns the live feed: each stream follows the changes of the projects that its account sees, as fast as its client
 * reads them.
 * @param refresh returns the actor with what they see now, or undefined if their session has ended
 */
export function createLive(
  db: Database,
  log: Pick<ChangeLog, "changesAfter" | "oldestChange">,
  refresh: (actor: Actor) => Promise<Actor | undefined>,
  { streamsPerAddress }: Config["limits"],
) {
  const streams = new Set<Stream>();
  const perAccount = new Map<string, number>();
  const perProject = new Map<string, Set<Stream>>();
  const perNetwork = new Map<string, number>();
  const reads = new Map<string, Promise<Change[]>>();
  let unwatch: (() => void) | undefined;
  let timer: ReturnType<typeof setInterval> | undefined;
  let closed = false;

  /** Streams at the same position of a project share one read. */
  function changesAfter(projectId: string, after: number): Promise<Change[]> {
    const key = `${projectId} ${after}`;
    let shared = reads.get(key);
    if (!shared) {
      shared = log.changesAfter(projectId, after, BATCH);
      reads.set(key, shared);
      const forget = () => reads.get(key) === shared && reads.delete(key);
      shared.then(forget, forget);
    }
    return shared;
  }

  /** Sends the changes of the outdated projects. */
  async function sendChanges(stream: Stream): Promise<void> {
    if (stream.reading) return;
    stream.reading = true;
    let current = "";
    try {
      while (stream.outlet.ready()) {
        [current = ""] = stream.outdated;
        if (current === "") break;
        stream.outdated.delete(current);
        const position = stream.position.get(current);
        if (position === undefined) continue; // no longer visible
        const batch = await changesAfter(current, position);
        const inbox = stream.actor.user.id;
        // The loss of a project is in the log of the Inbox, and what was changed after it must not be sent.
        if (current !== inbox && (await log.changesAfter(inbox, stream.position.get(inbox) ?? 0, 1)).length > 0) {
          stream.outdated = new Set([inbox, ...stream.outdated, current]);
          continue;
        }
        send(stream, current, batch);
        if (batch.length === BATCH) stream.outdated.add(current);
        stream.unread = 0;
        // An account may have lost its session or a project.
        if (batch.some(({ entity }) => entity === "account" || entity === "project")) await check(stream);
      }
    } catch {
      // The database is unreachable: the next change or heartbeat continues from here.
      stream.outdated.add(current);
    } finally {
      stream.reading = false;
    }
  }

  function send(stream: Stream, projectId: string, batch: readonly Change[]) {
    const happened = Date.parse(batch[0]?.at ?? "");
    // What a client missed before it connected was not delivered late.
    const since = happened >= stream.opened ? happened : undefined;
    observed({ kind: "delivery", name: "changes", count: batch.length, since }, () => {
      for (const change of batch) {
        stream.position.set(projectId, change.id);
        stream.outlet.send(changeEvent(change, stream.position));
      }
    });
  }

  /**
   * Ends a stream whose session has ended or expired, or whose account is disabled. If the account sees other projects now,
   * or has another role, the client reloads. Projects with newer changes are outdated then.
   */
  async function check(stream: Stream) {
    const { projects } = stream.actor.access;
    if (!(await resubscribe(stream))) return;
    if (Bun.deepEquals(projects, stream.actor.access.projects)) markOutdated(stream);
    else restart(stream);
  }

  /** Reads again what the account sees. @returns false if the stream has ended */
  async function resubscribe(stream: Stream): Promise<boolean> {
    const actor = await refresh(stream.actor);
    if (!actor || !streams.has(stream)) {
      remove(stream);
      return false;
    }
    unsubscribe(stream);
    stream.actor = actor;
    subscribe(stream);
    return true;
  }

  /** Marks the projects that have newer changes than the stream. */
  function markOutdated({ actor: { access }, position, outdated }: Stream) {
    for (const [projectId, newest] of newestOf(access))
      if (newest > (position.get(projectId) ?? 0)) outdated.add(projectId);
  }

  /** Makes the client reload, and continues with what comes afterwards. */
  function restart(stream: Stream) {
    const { access } = stream.actor;
    stream.position = newestOf(access);
    stream.outlet.send(`id: ${access.position}\nevent: reload\ndata: {}\n\n`);
  }

  function subscribe(stream: Stream) {
    for (const projectId of stream.actor.access.projects.keys())
      perProject.set(projectId, (perProject.get(projectId) ?? new Set()).add(stream));
  }

  function unsubscribe(stream: Stream) {
    for (const projectId of stream.actor.access.projects.keys()) {
      const followers = perProject.get(projectId);
      followers?.delete(stream);
      if (followers?.size === 0) perProject.delete(projectId);
    }
  }

  function onChange(projectIds: ReadonlySet<string> | undefined) {
    reads.clear(); // reads under way may be from before the change
    for (const projectId of projectIds ?? perProject.keys()) {
      const followers = [...(perProject.get(projectId) ?? [])];
      if (followers.length === 0) continue;
      for (const stream of followers) stream.outdated.add(projectId);
      void observed({ kind: "delivery", name: "deliver changes", count: followers.length }, () =>
        Promise.all(followers.map(sendChanges)),
      );
    }
  }

  async function beat(stream: Stream) {
    if (!stream.outlet.ready() && ++stream.unread > MAX_UNREAD) return remove(stream);
    if (stream.outlet.ready()) stream.outlet.send(": heartbeat\n\n");
    // A notification from another process can get lost.
    if (stream.reading) return;
    stream.reading = true;
    await check(stream).catch(() => {});
    stream.reading = false;
    await sendChanges(stream);
  }

  function count(counts: Map<string, number>, key: string, change: 1 | -1) {
    const left = (counts.get(key) ?? 0) + change;
    if (left > 0) counts.set(key, left);
    else counts.delete(key);
  }

  function remove(stream: Stream) {
    if (!streams.delete(stream)) return;
    unsubscribe(stream);
    count(perAccount, stream.actor.user.id, -1);
    count(perNetwork, stream.network, -1);
    stream.outlet.close();
    if (streams.size > 0) return;
    unwatch?.();
    clearInterval(timer);
    unwatch = timer = undefined;
  }

  /**
   * Tells a client to reload that missed too much, knows other projects, or knows more than there is, as after a restored
   * backup.
   */
  async function begin(stream: Stream, after: string) {
    try {
      // The account may see other projects since the request came.
      if (!(await resubscribe(stream))) return;
      const newest = newestOf(stream.actor.access);
      const known = readPosition(after, newest.keys());
      if (known && !(await isTooFar(known, newest))) {
        stream.position = new Map(known);
        markOutdated(stream);
      } else restart(stream);
    } catch {
      // As above. Until the database responds, nobody knows what was missed.
      restart(stream);
    }
    stream.reading = false;
    await sendChanges(stream);
  }

  /** Returns whether a client missed too much, changes that are no longer kept, or knows more than there is. */
  async function isTooFar(known: Position, newest: Position): Promise<boolean> {
    let missed = 0;
    for (const [projectId, change] of newest) {
      const from = known.get(projectId) ?? 0;
      if (from > change) return true;
      const oldest = from < change ? await log.oldestChange(projectId) : undefined;
      if (oldest && from < oldest.id && (from > 0 || oldest.pruned)) return true;
      if (from < change) missed += (await log.changesAfter(projectId, from, MAX_MISSED + 1)).length;
      if (missed > MAX_MISSED) return true;
    }
    return false;
  }

  return {
    /**
     * @throws AppError `tooManyRequests` for too many streams of one account or from one network; `unavailable` while
     * the process stops
     */
    assertCapacity(actor: Actor, network: string): void {
      if (closed) throw new AppError("unavailable", "This process is stopping. Connect again.");
      if ((perAccount.get(actor.user.id) ?? 0) >= MAX_STREAMS)
        throw tooMany(`This account has ${MAX_STREAMS} live streams already. Close some.`);
      if (streamsPerAddress > 0 && (perNetwork.get(network) ?? 0) >= streamsPerAddress)
        throw tooMany(`Your network has ${streamsPerAddress} live streams already. Close some.`);
    },

    /** Returns the number of open streams. */
    size: () => streams.size,

    /**
     * Sends the changes that the actor sees to a client until it disconnects or the session ends.
     * @param after the position that the client knows
     */
    open(actor: Actor, network: string, outlet: Outlet, after: string): Source {
      const stream: Stream = {
        ...{ actor, network, outlet, unread: 0, opened: Date.now() },
        ...{ position: newestOf(actor.access), outdated: new Set<string>(), reading: true },
      };
      streams.add(stream);
      subscribe(stream);
      count(perAccount, actor.user.id, 1);
      count(perNetwork, network, 1);
      unwatch ??= db.watch(onChange);
      timer ??= setInterval(() => {
        for (const each of streams) void beat(each);
      }, HEARTBEAT_MS);
      void begin(stream, after);
      return { ready: () => void (stream.outdated.size > 0 && sendChanges(stream)), gone: () => remove(stream) };
    },

    /** Ends every stream, so that clients reconnect to another process. */
    close(): void {
      closed = true;
      for (const stream of [...streams]) remove(stream);
    },
  };
}

function tooMany(message: string) {
  countEvent("limited", "streams");
  return new AppError("tooManyRequests", message);
}

/** Returns the newest change of each project that an account saw. */
const newestOf = ({ position, projects }: Access) => new Map(readPosition(position, projects.keys()));

const changeEvent = (change: Change, position: Position) =>
  `id: ${writePosition(position)}\nevent: change\ndata: ${JSON.stringify(change)}\n\n`;
