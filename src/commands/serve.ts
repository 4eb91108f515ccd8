import { type Config, type Environment, type LogLevel, loadConfig } from "../config.ts";
import { reservePort } from "../http/listen.ts";
import { createLogger, lineOf } from "../ops/logging.ts";
import type { Processes } from "../ops/metrics/start.ts";
import { answerParent, type EndedWorker, startWorkers, type WorkerMessage } from "../ops/workers.ts";
import type { Server } from "../server.ts";
import { onSignal } from "./signals.ts";
import { usage } from "./usage.ts";

/** How long a start may take to reach a point where it can end, once a signal asks for it. */
const START_MS = 2000;
const MAX_WORKERS = 64;

/** The internal option of a process that shares its port with others. */
const WORKER = "--worker";

/** `taskflow [serve] [--workers N]`: handles requests until a signal ends it. @throws CommandError */
export async function serveCommand(args: string[], environment: Environment): Promise<void> {
  const config = loadConfig(environment);
  if (args.join() === WORKER) return startWorker(config);
  const count = workerCount(args);
  /** Of workers, also of those that start later. */
  const inherited = { ...environment };
  const setLogLevel = (level: LogLevel) => void Object.assign(inherited, { LOG_LEVEL: level });
  let restarts = 0;
  const logger = createLogger(config);
  function onEnd({ pid, code, signal }: EndedWorker) {
    restarts++;
    logger.error("a worker ended and is started again", {
      "process.pid": pid,
      "process.exit.code": code ?? undefined,
      "process.signal": signal ?? undefined,
    });
  }
  const processes = { count, restarts: () => restarts };
  const running = await untilSignal(() =>
    withOperations(config, processes, setLogLevel, async () => {
      if (count === 1) return start(config);
      inherited.PORT = String(await reservePort(config));
      return startWorkers(count, workerCommand(), inherited, onEnd);
    }),
  );
  print(config, `TaskFlow is running at ${running.url}`);
}

function print({ production }: Config, message: string) {
  console.log(production ? JSON.stringify(lineOf("info", message)) : message);
}

/** Starts the server, and what its operator looks at if that is configured. @throws CommandError */
async function withOperations(
  config: Config,
  processes: Processes,
  setLogLevel: (level: LogLevel) => void,
  start: () => Promise<Server>,
): Promise<Server> {
  if (!config.metrics) return start();
  const { startOperations } = await import("../ops/metrics/start.ts");
  const operations = startOperations(config, config.metrics, setLogLevel);
  print(config, `Metrics are at ${operations.url}/metrics`);
  try {
    const server = await start();
    await operations.follow(server.ask, processes);
    return {
      ...server,
      async stop() {
        await server.stop();
        await operations.stop();
      },
    };
  } catch (error) {
    await operations.stop();
    throw error;
  }
}

/** Loads the server only once the configuration is valid: loading it takes most of a start. */
async function start(config: Config, options?: { sharePort: boolean }): Promise<Server> {
  const { startServer } = await import("../server.ts");
  return startServer(config, options);
}

/** Runs as one of several processes on a port: reports to its parent, and ends when the parent does. */
async function startWorker(config: Config) {
  process.once("disconnect", () => process.kill(process.pid, "SIGTERM"));
  const running = await untilSignal(() => start(config, { sharePort: true }));
  if (config.metrics) answerParent(running.ask);
  process.send?.({ ready: running.url } satisfies WorkerMessage);
}

/** Returns the command that starts this program again: from source with its file, compiled without. */
const workerCommand = () => [process.execPath, ...(Bun.main.startsWith("/$bunfs/") ? [] : [Bun.main]), "serve", WORKER];

function workerCount(args: string[]): number {
  if (args.length === 0) return 1;
  const [count] = /^--workers[= ](\d+)$/.exec(args.join(" "))?.slice(1) ?? [];
  const number = Number(count);
  if (number >= 1 && number <= MAX_WORKERS) return number;
  throw usage(`usage: taskflow serve [--workers N], with N from 1 to ${MAX_WORKERS}`);
}

/**
 * Starts something that a signal ends in good order, with exit code 0, even during the start. The database rolls back
 * what was half done, such as an upgrade.
 * @throws what the start throws, unless a signal came first
 */
async function untilSignal(start: () => Promise<Server>): Promise<Server> {
  const signal = Promise.withResolvers<undefined>();
  onSignal(() => signal.resolve(undefined));
  const starting = start();
  const running = await Promise.race([starting, signal.promise]);
  if (!running) {
    const started = await Promise.race([starting.catch(() => undefined), Bun.sleep(START_MS)]);
    await started?.stop();
    process.exit(0);
  }
  void signal.promise.then(async () => {
    await running.stop();
    process.exit(0);
  });
  return running;
}
