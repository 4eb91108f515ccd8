import { Database } from "bun:sqlite";
import { SQL } from "bun";

const TABLES = ["users", "sessions", "tasks"];
const AT_ONCE = 2000;

/**
 * Copies the rows of a SQLite file into a PostgreSQL database whose tables TaskFlow has made: the same ids, and
 * tokens that go on counting.
 */
export async function copyToPostgres(file: string, url: string): Promise<void> {
  const from = new Database(file, { readonly: true });
  const to = new SQL(url, { max: 1 });
  try {
    for (const table of TABLES) {
      const rows = from.query<Record<string, unknown>, []>(`select * from ${table}`).iterate();
      for (const batch of batches(rows)) await to`insert into ${to(table)} ${to(batch.map(withDates))}`;
    }
    // As after any night: otherwise the first cases would share the machine with autovacuum, and plan blindly.
    await to.unsafe("vacuum analyze");
  } finally {
    await to.close();
    from.close();
  }
}

function* batches<Row>(rows: Iterable<Row>): Generator<Row[]> {
  let batch: Row[] = [];
  for (const row of rows) {
    batch.push(row);
    if (batch.length === AT_ONCE) {
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;
}

/** SQLite keeps a moment as milliseconds since 1970. */
const withDates = (row: Record<string, unknown>) =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name,
      name.endsWith("_at") && typeof value === "number" ? new Date(value) : value,
    ]),
  );
