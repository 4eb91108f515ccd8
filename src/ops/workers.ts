import { CommandError } from "../errors.ts";
import type { Answers, Ask } from "./questions.ts";

/** Delay before a worker that ended is started again. */
const RESTART_MS = 1000;

/** How long a worker may take to answer. */
const ANSWER_MS = 1000;

/** What a worker reports to its parent: its URL, why it can't start, or the answer to a question. */
export type WorkerMessage =
  | { readonly ready: string }
  | { readonly failed: string }
  | { readonly question: number; readonly answer: unknown };

/** A worker that has ended by itself, with an exit code or by a signal. */
export interface EndedWorker {
  readonly pid: number;
  readonly code: number | null;
  readonly signal: string | number | null;
}

interface Question {
  readonly question: number;
  readonly name: keyof Answers;
  readonly given: unknown[];
}

/**
 * Runs several processes of the program on one port, which the system shares between them (SO_REUSEPORT), and restarts
 * those that end.
 * @param command starts one worker
 * @param onEnd called with each worker that ends and is started again
 * @returns their URL, once all are ready, what asks them, and a function that stops them
 * @throws CommandError with the message of a worker that can't start
 */
export async function startWorkers(
  count: number,
  command: string[],
  environment: Record<string, string | undefined>,
  onEnd: (worker: EndedWorker) => void,
): Promise<{ url: string; ask: Ask; stop: () => Promise<void> }> {
  const workers = new Set<Bun.Subprocess>();
  /** Those that are ready. */
  const asked = new Set<Bun.Subprocess>();
  const open = new Map<number, (answer: unknown) => void>();
  let questions = 0;
  let [isComplete, stopping] = [false, false];

  function startWorker(): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    let serving = false;
    const worker = Bun.spawn(command, {
      env: environment,
      stdio: ["ignore", "inherit", "inherit"],
      ipc(message: WorkerMessage) {
        if ("failed" in message) return reject(new CommandError(message.failed));
        if ("answer" in message) return open.get(message.question)?.(message.answer);
        serving = true;
        asked.add(worker);
        resolve(message.ready);
      },
      onExit({ pid }, code, signal) {
        workers.delete(worker);
        asked.delete(worker);
        if (isComplete && !stopping) onEnd({ pid, code, signal });
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

  /** Returns the answer, or undefined if there is none in time: a worker may hang, or end meanwhile. */
  async function askWorker(worker: Bun.Subprocess, name: keyof Answers, given: unknown[]): Promise<unknown> {
    const question = questions++;
    const { promise, resolve } = Promise.withResolvers<unknown>();
    open.set(question, resolve);
    const timer = setTimeout(resolve, ANSWER_MS, undefined);
    try {
      worker.send({ question, name, given } satisfies Question);
      return await promise;
    } catch {
      return undefined;
    } finally {
      clearTimeout(timer);
      open.delete(question);
    }
  }

  const ask: Ask = (name, ...given) =>
    Promise.all(
      [...asked].map(async (worker) => ({
        pid: worker.pid,
        value: (await askWorker(worker, name, given)) as never,
      })),
    );

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
    isComplete = true;
    return { url, ask, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Answers the questions of the parent process. */
export function answerParent(ask: Ask): void {
  process.on("message", async ({ question, name, given }: Question) => {
    const [reply] = await ask(name, ...(given as Parameters<Answers[typeof name]>));
    process.send?.({ question, answer: reply?.value } satisfies WorkerMessage);
  });
}
