import { describe, expect, it, setDefaultTimeout } from "bun:test";
import { readdirSync } from "node:fs";
import { version } from "../../package.json";
import { expectCommandError } from "../support/command-errors.ts";
import { dataFolder } from "../support/data-folder.ts";
import { noFile, runInTerminal, runProgram, startProgram } from "../support/program.ts";

setDefaultTimeout(180_000);

describe("command line", () => {
  it("prints help with --help", async () => {
    const { code, stdout, stderr } = await runProgram(["--help"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    for (const word of ["serve", "user", "restore", "--version", "--help"]) expect(stdout).toContain(word);
  });

  it.each(["serve", "backup", "restore", "verify", "user", "health", "doctor", "migrate", "copy", "check"])(
    "prints help for %s with --help and -h, and does nothing else",
    async (command) => {
      using folder = dataFolder();
      for (const args of [
        [command, "--help"],
        [command, "list", "-h"],
      ]) {
        const { code, stdout, stderr } = await runProgram(args, { DATA_DIR: folder.file("data") });
        expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
        expect(stdout).toMatch(new RegExp(`^Usage: taskflow \\[?${command}\\b`));
      }
      expect(readdirSync(folder.path)).toEqual([]);
    },
  );

  it("prints its version", async () => {
    expect(await runProgram(["--version"])).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
  });

  it.each([
    [["sevre"]],
    [["user"]],
    [["user", "disable"]],
    [["user", "remove", "ada"]],
    [["user", "enable", "a", "b"]],
  ])("rejects %p with a reference to --help, and creates nothing", async (command) => {
    using folder = dataFolder();
    await expectCommandError(command, { DATA_DIR: folder.file("data") }, /--help/);
    expect(readdirSync(folder.path)).toEqual([]);
  });

  const END = "\x04";
  it.each([
    [["restore", "some-file"], [[/\[y\/N\]/, END]]],
    [["restore", "some-file"], [[/\[y\/N\]/, "n\r"]]],
    [["user", "create", "ada", "ada@example.org"], [[/Password/, END]]],
    [
      ["user", "create", "ada", "ada@example.org"],
      [
        [/Password/, "a long enough phrase\r"],
        [/Repeat/, END],
      ],
    ],
  ] as [string[], [RegExp, string][]][])(
    "prompts, and changes nothing without an answer: %p %p",
    async (command, typed) => {
      using folder = dataFolder();
      const environment = { DATA_DIR: folder.file("data") };
      expect((await runProgram(["migrate"], environment)).code).toBe(0);
      const { code, screen } = await runInTerminal(command, environment, typed);
      expect(screen).toEndWith("\ntaskflow: cancelled; nothing was changed\r\n");
      expect(screen).not.toContain("phrase");
      expect(code).toBe(1);
      expect((await runProgram(["user", "list"], environment)).stdout).not.toContain("ada");
    },
  );

  it("reads a password twice without showing it", async () => {
    using folder = dataFolder();
    const environment = { DATA_DIR: folder.file("data") };
    expect((await runProgram(["migrate"], environment)).code).toBe(0);
    const typed: [RegExp, string][] = [/Password/, /Repeat/].map((question) => [question, "a long enough phrase\r"]);
    const { code, screen } = await runInTerminal(["user", "create", "ada", "ada@example.org"], environment, typed);
    expect({ code, screen }).toEqual({
      code: 0,
      screen: "Password: \r\nRepeat the password: \r\nAccount ada created.\r\n",
    });
  });

  it("reports an unknown username", async () => {
    await using program = await startProgram();
    await expectCommandError(["user", "disable", "unknown-user"], { DATA_DIR: program.dataDir }, /unknown-user/);
  });

  it.skipIf(noFile)("creates no missing database for an account command, and needs no signing secret", async () => {
    using folder = dataFolder();
    const elsewhere = { DATA_DIR: folder.path, NODE_ENV: "production" };
    await expectCommandError(["user", "disable", "ada"], elsewhere, /no database.*DATA_DIR/);
    expect(readdirSync(folder.path)).toEqual([]);
  });
});
