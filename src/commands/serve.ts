import { type Config, type Environment, loadConfig } from "../config.ts";
import { startWorkers, type WorkerMessage } from "../ops/workers.ts";
import { type Running, reservePort, serve } from "../serve.ts";
import { onSignal } from "./signals.ts";
import { usage } from "./usage.ts";

/** How long a start that is told to end may take to get to where it can. */
const START_MS = 2000;

/** What a process is told that shares its port with others. */
const WORKER = "--worker";

/** `taskflow [serve] [--workers N]`: takes requests until a signal ends it. @throws CommandError */
export async function serveCommand(words: string[], environment: Environment): Promise<void> {
  const config = loadConfig(environment);
  if (words.join() === WORKER) return startWorker(config);
  const count = workerCount(words);
  const running = await untilSignal(async () =>
    count === 1
      ? serve(config)
      : startWorkers(count, workerCommand(), { ...environment, PORT: String(await reservePort(config)) }),
  );
  const message = `TaskFlow is running at ${running.url}`;
  console.log(config.production ? JSON.stringify({ time: new Date().toISOString(), level: "info", message }) : message);
}

/** One of several processes on a port: it tells the one that started it, and goes when that one goes. */
async function startWorker(config: Config) {
  process.once("disconnect", () => process.kill(process.pid, "SIGTERM"));
  const running = await untilSignal(() => serve(config, { sharePort: true }));
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

/**
 * Starts something that ends in good order with 0 when it is told to, also while it starts: what was half done, such as
 * an upgrade, is undone by the database then, and done at the next start.
 * @throws what the start throws, unless it was told to end
 */
async function untilSignal(start: () => Promise<Running>): Promise<Running> {
  const told = Promise.withResolvers<undefined>();
  onSignal(() => told.resolve(undefined));
  const starting = start();
  const running = await Promise.race([starting, told.promise]);
  if (!running) {
    const started = await Promise.race([starting.catch(() => undefined), Bun.sleep(START_MS)]);
    await started?.stop();
    process.exit(0);
  }
  void told.promise.then(async () => {
    await running.stop();
    process.exit(0);
  });
  return running;
}
