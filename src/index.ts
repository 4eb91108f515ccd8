#!/usr/bin/env bun
import { existsSync } from "node:fs";
import { version } from "../package.json";
import { type Config, loadConfig } from "./config.ts";
import { copyCommand } from "./copy-command.ts";
import { AppError } from "./errors.ts";
import { createServices, openDatabase, type Running, reservePort, serve } from "./serve.ts";
import { startWorkers, type WorkerMessage } from "./workers.ts";

/** What a process is told that shares its port with others. */
const WORKER = "--worker";

const HELP = `taskflow ${version}: a task tracker

  taskflow [serve] [--workers N]
                                start, in N processes on one port; prints the address
  taskflow copy --from URL --to URL [--restart]
                                move everything to an empty database of either engine, and check it;
                                goes on after a crash, or with --restart from the start
  taskflow user disable NAME    lock an account out, at once
  taskflow user enable NAME     let it in again
  taskflow --version
  taskflow --help

From a checkout, "taskflow" is "bun src/index.ts". README.md lists the environment variables that configure it.`;

async function main([command = "serve", ...rest]: string[]): Promise<void> {
  switch (command) {
    case "serve":
      return start(rest);
    case "copy":
      return copyCommand(rest);
    case "user":
      return setDisabled(rest);
    case "--version":
      return console.log(version);
    case "--help":
      return console.log(HELP);
    default:
      if (command.startsWith("--worker")) return start([command, ...rest]);
      throw usage(`there is no command “${command}”`);
  }
}

/** Takes requests until a signal ends it. */
async function start(words: string[]) {
  const config = loadConfig(process.env);
  if (words.join() === WORKER) return startWorker(config);
  const count = workerCount(words);
  const running =
    count === 1 ? await serve(config) : await startWorkers(count, workerCommand(), await workerEnvironment(config));
  stopOnSignal(running);
  const message = `TaskFlow is running at ${running.url}`;
  console.log(config.production ? JSON.stringify({ time: new Date().toISOString(), level: "info", message }) : message);
}

/** One of several processes on a port: it tells the one that started it, and goes when that one goes. */
async function startWorker(config: Config) {
  const running = await serve(config, { sharePort: true });
  stopOnSignal(running);
  process.once("disconnect", () => process.kill(process.pid, "SIGTERM"));
  process.send?.({ ready: running.url } satisfies WorkerMessage);
}

/** How the program calls itself: from source by its file; a compiled one is all of it. */
const workerCommand = () => [process.execPath, ...(Bun.main.startsWith("/$bunfs/") ? [] : [Bun.main]), "serve", WORKER];

const workerEnvironment = async (config: Config) => ({
  ...process.env,
  PORT: String(await reservePort(config)),
});

function workerCount(words: string[]): number {
  const [count = "1"] = /^--workers[= ](\d+)$/.exec(words.join(" "))?.slice(1) ?? [];
  const number = Number(count);
  if ((words.length > 0 && !/^--workers[= ]\d+$/.test(words.join(" "))) || number < 1 || number > 64)
    throw usage("say: serve --workers N, with 1 to 64 of them");
  return number;
}

function stopOnSignal(running: Pick<Running, "stop">) {
  let stopping = false;
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, async () => {
      if (stopping) return;
      stopping = true;
      await running.stop();
      process.exit(0);
    });
  }
}

async function setDisabled([verb, username, ...rest]: string[]) {
  if ((verb !== "disable" && verb !== "enable") || !username || rest.length > 0)
    throw usage("say: user disable NAME, or user enable NAME");
  const config = loadConfig(process.env, { serving: false });
  const { database } = config;
  if (database.engine === "sqlite" && !existsSync(database.file)) {
    throw new AppError(
      "startup",
      `there is no database at ${database.file}; set DATA_DIR or DATABASE_URL as for the server`,
    );
  }
  const db = await openDatabase(config);
  try {
    await createServices(db).accounts.setDisabled(username, verb === "disable");
    console.log(`${username} is ${verb}d.`);
  } finally {
    await db.close();
  }
}

const usage = (problem: string) => new AppError("startup", `${problem}; see taskflow --help`);

// What is kept here is nobody else's to read, whatever the shell that started it says.
process.umask(0o077);

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof AppError)) throw error;
  // One line, whatever was quoted in it; a worker leaves it to the process that started it to say so.
  if (process.send) process.send({ failed: error.message } satisfies WorkerMessage);
  else console.error(`taskflow: ${error.message.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ")}`);
  process.exit(1);
}
