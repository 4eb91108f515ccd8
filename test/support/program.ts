import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SQL } from "bun";
import { programCommand } from "./compile.ts";

export const ROOT = join(import.meta.dir, "..", "..");

/** Set it to run every spec on a PostgreSQL server, such as postgres://postgres@127.0.0.1/postgres, as a user who can create databases. */
const SERVER = process.env.TEST_DATABASE_URL || undefined;
/** The database engine of this run. */
export const engine = SERVER ? "postgres" : "sqlite";
/** Whether specs of database files are skipped, as the data is on a server. */
export const noFile = engine !== "sqlite";
/** The files in a data folder after the program has stopped. */
export const LEFT_BEHIND = noFile ? ["jwt-secret"] : ["jwt-secret", "taskflow.db"];

type Environment = Record<string, string | undefined>;

/** The program as users run it: a process on a free port, with a data folder that is removed on disposal. */
export interface Program extends AsyncDisposable {
  readonly url: string;
  readonly dataDir: string;
  readonly process: Bun.Subprocess<"ignore", "pipe", "pipe">;
  /** Everything written to standard output so far. */
  output(): string;
  /** Waits until the output matches. @throws Error if the program exits first */
  waitFor(pattern: RegExp): Promise<RegExpMatchArray>;
  /** Sends a signal and waits for the exit. @returns the exit code */
  stop(signal?: NodeJS.Signals): Promise<number>;
}

/** Creates a folder for the data of one spec. */
export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), "taskflow-spec-"));
}

/** Processes inherit it, so that workers have it too. A spec of hashing itself sets BUN_OPTIONS to "". */
const BUN_OPTIONS = `--preload=${join(import.meta.dir, "fast-hashing.ts")}`;

/** Returns an environment without the machine's own configuration. */
function environmentOf(given: Environment): Record<string, string> {
  const { PATH = "", HOME = "", TMPDIR } = process.env;
  const environment: Environment = { PATH, HOME, TMPDIR, PORT: "0", BUN_OPTIONS, ...given };
  return Object.fromEntries(
    Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

/** Returns DATABASE_URL for a data folder on PostgreSQL, where each folder has its own database, named after its path. */
async function databaseOf(environment: Environment): Promise<Environment> {
  if (!SERVER || environment.DATABASE_URL !== undefined || !environment.DATA_DIR) return {};
  const name = `taskflow_${Bun.SHA256.hash(environment.DATA_DIR, "hex").slice(0, 16)}`;
  await using server = new SQL(SERVER, { max: 1 });
  const there = await server`select 1 from pg_database where datname = ${name}`;
  // Several programs may start with one folder at the same time: one of them creates the database.
  if (there.length === 0) await server.unsafe(`create database ${name}`).catch(() => {});
  const url = new URL(SERVER);
  url.pathname = name;
  return { DATABASE_URL: url.href };
}

/** Returns the URL or path of the database of a data folder. */
export async function databaseUrl(dataDir: string): Promise<string> {
  return (await databaseOf({ DATA_DIR: dataDir })).DATABASE_URL ?? join(dataDir, "taskflow.db");
}

/** Changes a program's data directly, with a statement for each engine. */
export async function tamper(dataDir: string, statement: Record<typeof engine, string>): Promise<void> {
  await query(dataDir, statement[engine]);
}

/** Runs a statement on a program's data. @returns its rows */
export async function query(dataDir: string, statement: string): Promise<Record<string, unknown>[]> {
  const url = await databaseUrl(dataDir);
  await using database = new SQL(engine === "sqlite" ? `sqlite://${url}` : url);
  // The program may be writing.
  if (engine === "sqlite") await database.unsafe("PRAGMA busy_timeout = 10000");
  return await database.unsafe(statement);
}

/**
 * Starts the program and waits until it serves.
 * @param environment in addition to a free port and a new data folder; set DATA_DIR to use existing data
 * @param args the arguments of `serve`
 * @param root the folder of another version of the program
 * @param prefix a command that becomes the program
 * @throws Error with the program's output if it does not start
 */
export async function startProgram(
  environment: Environment = {},
  args: string[] = [],
  root = ROOT,
  prefix: readonly string[] = [],
): Promise<Program> {
  const dataDir = environment.DATA_DIR ?? temporaryFolder();
  const given = { ...environment, DATA_DIR: dataDir };
  const command = [...programCommand(root), ...(args.length > 0 ? ["serve", ...args] : [])];
  const child = Bun.spawn([...prefix, ...command], {
    cwd: root,
    env: environmentOf({ ...given, ...(await databaseOf(given)) }),
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  let output = "";
  const waiting = new Set<() => void>();
  const reading = (async () => {
    const decoder = new TextDecoder();
    for await (const chunk of child.stdout) {
      output += decoder.decode(chunk, { stream: true });
      for (const wake of waiting) wake();
    }
    for (const wake of waiting) wake();
  })();

  async function waitFor(pattern: RegExp): Promise<RegExpMatchArray> {
    for (;;) {
      const match = output.match(pattern);
      if (match) return match;
      if (child.exitCode !== null)
        throw new Error(
          `the program ended with ${child.exitCode}: ${await new Response(child.stderr).text()}${output}`,
        );
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.add(resolve);
      await Promise.race([promise, child.exited]);
      waiting.delete(resolve);
    }
  }

  const [, url = ""] = await waitFor(/TaskFlow is running at (http:\/\/[^\s"]+)/);
  async function stop(signal: NodeJS.Signals = "SIGTERM") {
    child.kill(signal);
    const code = await child.exited;
    await reading;
    return code;
  }
  return {
    url,
    dataDir,
    process: child,
    output: () => output,
    waitFor,
    stop,
    async [Symbol.asyncDispose]() {
      await stop("SIGKILL");
      if (environment.DATA_DIR === undefined) rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/**
 * Starts one of the program's commands.
 * @param input the standard input
 * @param prefix a command that runs it
 */
export async function spawnProgram(
  args: string[],
  environment: Environment = {},
  input = "",
  prefix: readonly string[] = [],
) {
  return Bun.spawn([...prefix, ...programCommand(ROOT), ...args], {
    cwd: ROOT,
    env: environmentOf({ ...environment, ...(await databaseOf(environment)) }),
    stdin: Buffer.from(input),
    stdout: "pipe",
    stderr: "pipe",
  });
}

/**
 * Runs one of the program's commands in a terminal.
 * @param typed the input for each prompt, in order
 */
export async function runInTerminal(
  args: string[],
  environment: Environment,
  typed: [question: RegExp, keys: string][],
) {
  let screen = "";
  let shown = 0;
  const left = [...typed];
  const child = Bun.spawn([...programCommand(ROOT), ...args], {
    cwd: ROOT,
    env: environmentOf({ ...environment, ...(await databaseOf(environment)) }),
    terminal: {
      data(terminal, bytes) {
        screen += Buffer.from(bytes).toString();
        const [question, keys = ""] = left[0] ?? [];
        if (!question?.test(screen.slice(shown))) return;
        shown = screen.length;
        left.shift();
        terminal.write(keys);
      },
    },
  });
  const code = await child.exited;
  child.terminal?.close();
  return { code, screen: Bun.stripANSI(screen) };
}

/** Runs one of the program's commands. @param prefix a command that runs it */
export async function runProgram(
  args: string[],
  environment: Environment = {},
  prefix: readonly string[] = [],
): Promise<{ code: number; stdout: string; stderr: string }> {
  const child = await spawnProgram(args, environment, "", prefix);
  const [stdout, stderr, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { code, stdout, stderr };
}
