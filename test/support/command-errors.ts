import { expect } from "bun:test";
import { runProgram, startProgram } from "./program.ts";

type Environment = Record<string, string | undefined>;

/** Expects one line with the reason and no stack trace, and exit code 1, or 2 for invalid arguments. */
function expectOneLine(output: string, reason: RegExp): string {
  expect(output).toMatch(/^the program ended with [12]: taskflow: [^\n]+\n$/);
  expect(output.startsWith("the program ended with 2")).toBe(output.endsWith("; see taskflow --help\n"));
  expect(output).toMatch(reason);
  expect(output).not.toMatch(/\bat \S+:\d+|node_modules|Error:/);
  return output;
}

/** Expects the program to exit at the start. @returns its output */
export async function expectStartError(environment: Environment, reason: RegExp, root?: string): Promise<string> {
  const output = await startProgram(environment, [], root).then(
    async (program) => {
      await program[Symbol.asyncDispose]();
      return `the program started at ${program.url}`;
    },
    (error: Error) => error.message,
  );
  return expectOneLine(output, reason);
}

/** Expects a command to fail. @returns its output */
export async function expectCommandError(
  command: string[],
  environment: Environment,
  reason: RegExp,
  through: readonly string[] = [],
) {
  const { code, stdout, stderr } = await runProgram(command, environment, through);
  return expectOneLine(`the program ended with ${code}: ${stderr}${stdout}`, reason);
}
