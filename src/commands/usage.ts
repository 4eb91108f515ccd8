import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { Cancelled, CommandError } from "../errors.ts";

/** Ends a command that was called with unknown or missing arguments; the program exits with 2. */
export class UsageError extends CommandError {}

export const usage = (problem: string) => new UsageError(`${problem}; see taskflow --help`);

/**
 * Asks before something is replaced or lost.
 * @throws CommandError for any answer but yes, and where there is nobody to ask
 */
export async function confirm(question: string): Promise<void> {
  if (!process.stdin.isTTY) throw new CommandError(`${question} Say --yes to go ahead; nothing was changed`);
  const answer = await ask(`${question} [y/N] `);
  if (!/^y(es)?$/i.test(answer.trim())) throw new Cancelled();
}

/**
 * Reads a password: the first line of standard input, or what a person types, unseen and twice.
 * @throws CommandError when the two differ, or there is none
 */
export async function readPassword(): Promise<string> {
  const { stdin, stderr } = process;
  if (!stdin.isTTY) return ((await Bun.stdin.text()).split(/\r?\n/)[0] ?? "").normalize();
  const typed: string[] = [];
  for (const question of ["Password: ", "The same again: "]) {
    typed.push(await ask(question, { unseen: true }));
    stderr.write("\n");
  }
  if (typed[0] !== typed[1]) throw new CommandError("the two passwords differ; nothing was changed");
  return typed[0] ?? "";
}

/** @throws CommandError when the input ends instead (Ctrl+D) */
function ask(question: string, { unseen = false } = {}): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const output = unseen ? nowhere : process.stderr;
  const lines = createInterface({ input: process.stdin, output, terminal: true });
  // Not before the terminal has ceased to show by itself what is typed.
  if (unseen) process.stderr.write(question);
  function giveUp() {
    process.stderr.write("\n");
    reject(new Cancelled());
  }
  lines.on("SIGINT", () => process.exit(130));
  lines.on("close", giveUp);
  lines.question(question, (answer) => {
    lines.off("close", giveUp);
    lines.close();
    resolve(answer);
  });
  return promise;
}
