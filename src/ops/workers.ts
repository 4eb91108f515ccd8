import { CommandError } from "../errors.ts";

/** A worker that dies is started again, but not in a hurry: it may have a reason to. */
const RESTART_MS = 1000;

/** What a worker tells the process that started it: its address, or why there is none. */
export type WorkerMessage = { readonly ready: string } | { readonly failed: string };

/**
 * Runs several processes of the program on one port, which the system shares out among them (SO_REUSEPORT), and keeps
 * them running.
 * @param command what starts one worker
 * @returns where they are reached, once all serve, and what ends them all
 * @throws CommandError with the words of a worker that does not start
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
        reject(new CommandError(`a worker ended with ${code} before it served`));
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
    // The first brings the schema up to date; the others find it so.
    const url = await startWorker();
    await Promise.all(Array.from({ length: count - 1 }, startWorker));
    return { url, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
