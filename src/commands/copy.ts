import { parseArgs } from "node:util";
import { databasePlace } from "../config.ts";
import type { DatabasePlace } from "../db/database.ts";
import { isThere } from "../db/sqlite/errors.ts";
import { assertComplete, type CopyProgress, copyInstance } from "../db/transfer/copy.ts";
import { openAlone } from "../db/transfer/exclusive.ts";
import { CommandError } from "../errors.ts";
import { usage } from "./usage.ts";

/** How often a line tells how far it is. */
const TELL_MS = 1000;

/**
 * `taskflow copy --from URL --to URL [--restart]`: moves a whole instance to another file or server.
 * @throws CommandError
 */
export async function copyCommand(words: string[]): Promise<void> {
  const { from, to, restart } = read(words);
  const [source, target] = [placeOf("--from", from), placeOf("--to", to)];
  if (source.engine === "sqlite" && !isThere(source.file))
    throw new CommandError(`--from: there is no database at ${source.file}`);
  if (JSON.stringify(source) === JSON.stringify(target))
    throw new CommandError("--from and --to are the same database");

  const db = await openAlone(source, "source");
  try {
    await assertComplete(db);
    const copy = await openAlone(target, "target");
    try {
      const rows = await copyInstance(db, copy, { restart, progress: teller() });
      const counts = Object.entries(rows).map(([table, count]) => `${table} ${count.toLocaleString("en")}`);
      console.log(`Copied and checked: ${counts.join(", ")}.`);
    } finally {
      await copy.close();
    }
  } finally {
    await db.close();
  }
}

function read(words: string[]) {
  try {
    const {
      from,
      to,
      restart = false,
    } = parseArgs({
      args: words,
      options: { from: { type: "string" }, to: { type: "string" }, restart: { type: "boolean" } },
    }).values;
    if (from && to) return { from, to, restart };
  } catch {
    // Said below.
  }
  throw usage("say: copy --from URL --to URL [--restart]");
}

function placeOf(name: string, url: string): DatabasePlace {
  const place = databasePlace(url);
  if (typeof place === "string") throw new CommandError(place.replace("DATABASE_URL", name));
  return place;
}

/** A line when a table is done, and now and then on the way. */
function teller(): CopyProgress {
  let told = performance.now();
  return (step, table, rows, of) => {
    if (rows < of && performance.now() - told < TELL_MS) return;
    told = performance.now();
    console.log(`${step} ${table}: ${rows.toLocaleString("en")} of ${of.toLocaleString("en")}`);
  };
}
