import { Cancelled, CommandError } from "../errors.ts";

/** Ends a command that was called with unknown or missing arguments; the program exits with 2. */
export class UsageError extends CommandError {}

export const usage = (problem: string) => new UsageError(`${problem}; see taskflow --help`);

/**
 * Asks before something is replaced or deleted.
 * @throws Cancelled for any answer but yes; CommandError without a terminal
 */
export async function confirm(question: string): Promise<void> {
  if (!process.stdin.isTTY) throw new CommandError(`${question} Add --yes to confirm; nothing was changed`);
  const answer = await ask(`${question} [y/N] `);
  if (!/^y(es)?$/i.test(answer.trim())) throw new Cancelled();
}

/**
 * Reads a password: the first line of standard input, or what a person types twice, hidden.
 * @throws CommandError if the two differ; Cancelled if the input ends
 */
export async function readPassword(): Promise<string> {
  const { stdin, stderr } = process;
  if (!stdin.isTTY) return ((await Bun.stdin.text()).split(/\r?\n/)[0] ?? "").normalize();
  const typed: string[] = [];
  for (const question of ["Password: ", "Repeat the password: "]) {
    typed.push(await ask(question, { hidden: true }));
    stderr.write("\n");
  }
  if (typed[0] !== typed[1]) throw new CommandError("the two passwords differ; nothing was changed");
  return typed[0] ?? "";
}

/** @throws Cancelled if the input ends (Ctrl+D) */
async function ask(question: string, { hidden = false } = {}): Promise<string> {
  // Loaded on demand, as every start loads this file.
  const [{ createInterface }, { Writable }] = await Promise.all([import("node:readline"), import("node:stream")]);
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const discard = new Writable({ write: (_chunk, _encoding, done) => done() });
  const output = hidden ? discard : process.stderr;
  const lines = createInterface({ input: process.stdin, output, terminal: true });
  // Only now, once the terminal no longer echoes.
  if (hidden) process.stderr.write(question);
  function cancel() {
    process.stderr.write("\n");
    reject(new Cancelled());
  }
  lines.on("SIGINT", () => process.exit(130));
  lines.on("close", cancel);
  lines.question(question, (answer) => {
    lines.off("close", cancel);
    lines.close();
    resolve(answer);
  });
  return promise;
}
