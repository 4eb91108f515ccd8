import type { Database as Sqlite } from "bun:sqlite";
import type { ChangeListener } from "../database.ts";

/** With more new changes than this, listeners are not told which projects changed: reading them all would block. */
const MAX_CHANGES = 1000;
/** How often to check for other processes' commits while there is a listener. */
const POLL_MS = 100;

/**
 * Notifies listeners of changes: of this process's own when they are committed, and of other processes' by polling
 * PRAGMA data_version, which changes for a connection when another one has committed.
 * @param writer the connection of this process's own commits, which don't change its `data_version`
 */
export function watchSqlite(writer: Sqlite, reader: Sqlite) {
  const listeners = new Set<ChangeListener>();
  const dataVersion = writer.query<{ data_version: number }, []>("PRAGMA data_version");
  const newestChange = reader.query<{ id: number | null }, []>("SELECT max(id) AS id FROM changes");
  const changedSince = reader.query<{ projectId: string; id: number }, [number, number]>(
    // Not grouped, which would read the whole index.
    "SELECT project_id AS projectId, id FROM changes WHERE id > ? ORDER BY id LIMIT ?",
  );
  let seen: number | undefined;
  let newest = 0;
  let timer: ReturnType<typeof setInterval> | undefined;

  const notify: ChangeListener = (projectIds) => {
    for (const listener of listeners) listener(projectIds);
  };

  function start() {
    seen = dataVersion.get()?.data_version;
    newest = newestChange.get()?.id ?? 0;
    timer = setInterval(poll, POLL_MS);
  }

  function poll() {
    try {
      const version = dataVersion.get()?.data_version;
      if (version === seen) return;
      const rows = changedSince.all(newest, MAX_CHANGES);
      const isMore = rows.length === MAX_CHANGES;
      newest = (isMore ? newestChange.get() : rows.at(-1))?.id ?? newest;
      seen = version;
      if (isMore) notify(undefined);
      else if (rows.length > 0) notify(new Set(rows.map(({ projectId }) => projectId)));
    } catch {
      // The disk is failing. The next poll may work.
    }
  }

  function stop() {
    clearInterval(timer);
    timer = undefined;
  }

  return {
    notify,
    watch(listener: ChangeListener) {
      if (timer === undefined) start();
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0) stop();
      };
    },
    stop,
  };
}
