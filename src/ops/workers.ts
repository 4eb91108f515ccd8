import { CommandError } from "../errors.ts";

/** Delay before a worker that ended is started again. */
const RESTART_MS = 1000;

/** What a worker reports to its parent: its URL, or why it can't start. */
export type WorkerMessage = { readonly ready: string } | { readonly failed: string };

/**
 * Runs several processes of the program on one port, which the system shares between them (SO_REUSEPORT), and restarts
 * those that end.
 * @param command starts one worker
 * @returns their URL, once all are ready, and a function that stops them
 * @throws CommandError with the message of a worker that can't start
 */
export async function startWorkers(
  count: number,
  command: string[],
  environment: Record<string, string | undefined>,
): Promise<{ url: string; stop: () => Promise<void> }> {
  const workers = new Set<Bun.Subprocess>();
  let stopping = false;

  function startWorker(): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    let serving = false;
    const worker = Bun.spawn(command, {
      env: environment,
      stdio: ["ignore", "inherit", "inherit"],
      ipc(message: WorkerMessage) {
        if ("failed" in message) return reject(new CommandError(message.failed));
        serving = true;
        resolve(message.ready);
      },
      onExit(_, code) {
        workers.delete(worker);
        reject(new CommandError(`a worker ended with exit code ${code} before it was ready`));
        if (serving) restart();
      },
    });
    workers.add(worker);
    return promise;
  }

  function restart() {
    if (!stopping) setTimeout(() => stopping || startWorker().catch(restart), RESTART_MS);
  }

  async function stop() {
    stopping = true;
    const running = [...workers];
    for (const worker of running) worker.kill("SIGTERM");
    await Promise.all(running.map((worker) => worker.exited));
  }

  try {
    // The first one brings the schema up to date.
    const url = await startWorker();
    await Promise.all(Array.from({ length: count - 1 }, startWorker));
    return { url, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
