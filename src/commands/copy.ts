import { parseArgs } from "node:util";
import { databasePlace } from "../config.ts";
import type { DatabasePlace } from "../db/database.ts";
import { fileExists } from "../db/sqlite/errors.ts";
import { type CopyProgress, copyInstance } from "../db/transfer/copy.ts";
import { openForCopy } from "../db/transfer/exclusive.ts";
import { assertComplete } from "../db/transfer/mark.ts";
import { CommandError } from "../errors.ts";
import { usage } from "./usage.ts";

/** Interval of progress messages. */
const PROGRESS_MS = 1000;

/**
 * `taskflow copy --from URL --to URL [--restart]`: copies a whole instance to another file or server.
 * @throws CommandError
 */
export async function copyCommand(args: string[]): Promise<void> {
  const { from, to, restart } = readOptions(args);
  const [source, target] = [placeOf("--from", from), placeOf("--to", to)];
  if (source.engine === "sqlite" && !fileExists(source.file))
    throw new CommandError(`--from: there is no database at ${source.file}`);
  if (JSON.stringify(source) === JSON.stringify(target))
    throw new CommandError("--from and --to are the same database");

  const db = await openForCopy(source, "source");
  try {
    await assertComplete(db);
    const copy = await openForCopy(target, "target");
    try {
      const rows = await copyInstance(db, copy, { restart, progress: progressReporter() });
      const counts = Object.entries(rows).map(([table, count]) => `${table} ${count.toLocaleString("en")}`);
      console.log(`Copied and compared: ${counts.join(", ")}.`);
    } finally {
      await copy.close();
    }
  } finally {
    await db.close();
  }
}

function readOptions(args: string[]) {
  try {
    const {
      from,
      to,
      restart = false,
    } = parseArgs({
      args: args,
      options: { from: { type: "string" }, to: { type: "string" }, restart: { type: "boolean" } },
    }).values;
    if (from && to) return { from, to, restart };
  } catch {
    // Reported below.
  }
  throw usage("usage: taskflow copy --from URL --to URL [--restart]");
}

function placeOf(name: string, url: string): DatabasePlace {
  const place = databasePlace(url);
  if (typeof place === "string") throw new CommandError(place.replace("DATABASE_URL", name));
  return place;
}

/** Prints a line for each table that is complete, and one now and then on the way. */
function progressReporter(): CopyProgress {
  let reported = performance.now();
  return (step, table, rows, of) => {
    if (rows < of && performance.now() - reported < PROGRESS_MS) return;
    reported = performance.now();
    console.log(`${step} ${table}: ${rows.toLocaleString("en")} of ${of.toLocaleString("en")}`);
  };
}
