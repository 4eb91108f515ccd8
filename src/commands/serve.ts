import { type Config, type Environment, loadConfig } from "../config.ts";
import { type Running, reservePort, serve } from "../serve.ts";
import { startWorkers, type WorkerMessage } from "../workers.ts";
import { usage } from "./words.ts";

/** What a process is told that shares its port with others. */
const WORKER = "--worker";

/** `taskflow [serve] [--workers N]`: takes requests until a signal ends it. @throws AppError `startup` */
export async function serveCommand(words: string[], environment: Environment): Promise<void> {
  const config = loadConfig(environment);
  if (words.join() === WORKER) return startWorker(config);
  const count = workerCount(words);
  const running =
    count === 1
      ? await serve(config)
      : await startWorkers(count, workerCommand(), { ...environment, PORT: String(await reservePort(config)) });
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
