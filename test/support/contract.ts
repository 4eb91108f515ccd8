import { afterAll, setDefaultTimeout } from "bun:test";
import { type Program, startProgram } from "./program.ts";

/**
 * The server that the contract is held against: whichever TASKFLOW_URL names, or one of our own for this file.
 * The contract specs use nothing of it but HTTP.
 */
export async function contractUrl(): Promise<string> {
  setDefaultTimeout(30_000); // here, as several files may share a process, and each has a default of its own
  const given = process.env.TASKFLOW_URL;
  if (given) return given.replace(/\/$/, "");
  const program: Program = await startProgram();
  afterAll(() => program[Symbol.asyncDispose]());
  return program.url;
}
