import type { Database as Sqlite } from "bun:sqlite";
import type { ChangeListener } from "../database.ts";

/** Who has missed more changes than this is told to look by itself: reading them all would hold up everybody. */
const MOST_CHANGES = 1000;
/** How often other processes' commits are looked for while somebody watches. */
const LOOK_MS = 100;

/**
 * Tells of changes: this process's own as they are committed, other processes' by the number that SQLite counts up
 * for a connection when somebody else has committed (PRAGMA data_version).
 * @param writer the connection of this process's own commits, for which its number stays the same
 */
export function watchSqlite(writer: Sqlite, reader: Sqlite) {
  const listeners = new Set<ChangeListener>();
  const dataVersion = writer.query<{ data_version: number }, []>("PRAGMA data_version");
  const newestChange = reader.query<{ id: number | null }, []>("SELECT max(id) AS id FROM changes");
  const changedSince = reader.query<{ accountId: string; id: number }, [number, number]>(
    // Not grouped: SQLite would read the whole index for that.
    "SELECT account_id AS accountId, id FROM changes WHERE id > ? ORDER BY id LIMIT ?",
  );
  let seen: number | undefined;
  let newest = 0;
  let timer: ReturnType<typeof setInterval> | undefined;

  const tell: ChangeListener = (accountIds) => {
    for (const listener of listeners) listener(accountIds);
  };

  function begin() {
    seen = dataVersion.get()?.data_version;
    newest = newestChange.get()?.id ?? 0;
    timer = setInterval(look, LOOK_MS);
  }

  function look() {
    try {
      const version = dataVersion.get()?.data_version;
      if (version === seen) return;
      const rows = changedSince.all(newest, MOST_CHANGES);
      const isMore = rows.length === MOST_CHANGES;
      newest = (isMore ? newestChange.get() : rows.at(-1))?.id ?? newest;
      seen = version;
      if (isMore) tell(undefined);
      else if (rows.length > 0) tell(new Set(rows.map(({ accountId }) => accountId)));
    } catch {
      // A disk in trouble: the next look may do.
    }
  }

  function end() {
    clearInterval(timer);
    timer = undefined;
  }

  return {
    tell,
    watch(listener: ChangeListener) {
      if (timer === undefined) begin();
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0) end();
      };
    },
    stop: end,
  };
}
