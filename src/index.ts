#!/usr/bin/env bun
import { existsSync } from "node:fs";
import { version } from "../package.json";
import { loadConfig } from "./config.ts";
import { AppError } from "./errors.ts";
import { createServices, openDatabase, type Running, serve } from "./serve.ts";

const HELP = `taskflow ${version}: a task tracker

  taskflow [serve]              start; prints the address
  taskflow user disable NAME    lock an account out, at once
  taskflow user enable NAME     let it in again
  taskflow --version
  taskflow --help

From a checkout, "taskflow" is "bun src/index.ts". README.md lists the environment variables that configure it.`;

async function main([command = "serve", ...rest]: string[]): Promise<void> {
  switch (command) {
    case "serve":
      if (rest.length > 0) throw usage("serve takes no more words");
      return start();
    case "user":
      return setDisabled(rest);
    case "--version":
      return console.log(version);
    case "--help":
      return console.log(HELP);
    default:
      throw usage(`there is no command “${command}”`);
  }
}

/** Takes requests until a signal ends it. */
async function start() {
  const config = loadConfig(process.env);
  const running = await serve(config);
  stopOnSignal(running);
  const message = `TaskFlow is running at ${running.url}`;
  console.log(config.production ? JSON.stringify({ time: new Date().toISOString(), level: "info", message }) : message);
}

function stopOnSignal(running: Running) {
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
  // One line, whatever was quoted in it.
  console.error(`taskflow: ${error.message.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ")}`);
  process.exit(1);
}
