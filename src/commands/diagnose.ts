import { rm } from "node:fs/promises";
import { cpus, freemem, release, totalmem } from "node:os";
import { version } from "../../package.json";
import { createServices } from "../compose.ts";
import { type Config, type Environment, loadConfig } from "../config.ts";
import { examine } from "../db/examine.ts";
import { openPlace } from "../db/open.ts";
import { fileExists } from "../db/sqlite/errors.ts";
import { TABLES, tableOf } from "../db/transfer/tables.ts";
import { CommandError } from "../errors.ts";
import { shownConfiguration } from "../ops/diagnostics/configuration.ts";
import { collectStatements } from "../ops/diagnostics/query-plans.ts";
import { describeError } from "../ops/logging.ts";
import { askServer } from "./operators.ts";
import { usage } from "./usage.ts";

type Files = Record<string, string>;

/**
 * `taskflow diagnose [FILE]`: writes what helps to find a problem into one archive, for someone who can't see this
 * machine: no secrets, and nothing that people have written. What can't be found out says why.
 * @throws CommandError if the archive can't be written
 */
export async function diagnoseCommand(args: string[], environment: Environment): Promise<void> {
  const [file = `taskflow-diagnostics-${new Date().toISOString().slice(0, 19).replaceAll(":", "-")}.tar.gz`] = args;
  if (args.length > 1 || (file !== "-" && file.startsWith("-"))) throw usage("usage: taskflow diagnose [FILE]");
  const config = loadConfig(environment, { serving: false });
  const files: Files = {
    "about.json": json(about()),
    "configuration.json": json(shownConfiguration(config)),
    "server.json": await orReason(async () => json(await (await askServer(config, "/diagnostics")).json())),
    "metrics.txt": await orReason(async () => (await askServer(config, "/metrics")).text()),
    ...(await databaseFiles(config)),
  };
  const archive = await new Bun.Archive(files, { compress: "gzip" }).bytes();
  try {
    await Bun.write(file === "-" ? Bun.stdout : file, archive);
  } catch (error) {
    if (file !== "-") await rm(file, { force: true }).catch(() => {}); // what there was room for
    const { code } = error as NodeJS.ErrnoException;
    throw new CommandError(`can't write ${file} (${code}); give another FILE, or - for standard output`);
  }
  if (file !== "-") console.log(file);
}

const json = (value: unknown) => `${JSON.stringify(value, undefined, 2)}\n`;

/** Returns what was found, or why it was not. */
async function orReason(find: () => Promise<string>): Promise<string> {
  try {
    return await find();
  } catch (error) {
    return json(error instanceof CommandError ? { missing: error.message } : { missing: describeError(error) });
  }
}

const about = () => ({
  at: new Date().toISOString(),
  taskflow: version,
  bun: Bun.version,
  system: `${process.platform} ${release()} ${process.arch}`,
  processors: cpus().length,
  memory: { totalBytes: totalmem(), freeBytes: freemem() },
});

/** Examines the database, which may be in use. One that waits for an upgrade is not opened: that would upgrade it. */
async function databaseFiles({ database: place, limits }: Config): Promise<Files> {
  if (place.engine === "sqlite" && !fileExists(place.file))
    return { "database.json": json({ missing: `there is no database at ${place.file} yet` }) };
  const readAll = collectStatements();
  let plans = "";
  const text = await orReason(() =>
    examine(place, async ({ version, migrations, planOf }) => {
      if (migrations.pending > 0) return json({ engine: place.engine, version, migrations });
      const db = await openPlace(place);
      try {
        for (const [name, statements] of await readAll(createServices(db, { limits }))) {
          plans += `# ${name}\n`;
          for (const statement of statements) plans += `${statement}\n${indented(await planOf(statement))}\n\n`;
        }
        const rows: Record<string, number> = {};
        for (const [name] of TABLES) rows[name] = await db.read.$count(tableOf(db, name));
        return json({ engine: place.engine, version, migrations, ...(await db.status()), rows });
      } finally {
        await db.close();
      }
    }),
  );
  return { "database.json": text, "query-plans.txt": plans };
}

const indented = (text: string) => text.replace(/^/gm, "    ");
