import { describe, expect, it, setDefaultTimeout } from "bun:test";
import { readdirSync, writeFileSync } from "node:fs";
import { loadConfig } from "../../src/config.ts";
import { expectCommandError, expectStartError } from "../support/command-errors.ts";
import { holdPort } from "../support/connection.ts";
import { dataFolder } from "../support/data-folder.ts";
import { startProgram } from "../support/program.ts";

setDefaultTimeout(180_000);

describe("invalid variables", () => {
  it("are all named in one line, and nothing is created", async () => {
    using folder = dataFolder();
    const wrong = {
      PORT: "many",
      HOST: "two output",
      LOG_LEVEL: "loud",
      TRUST_PROXY: "perhaps",
      SHUTDOWN_DELAY: "-1",
      DATABASE_URL: "mysql://someone:private-value@host/db",
      JWT_SECRET: "private-value-either",
    };
    const output = await expectStartError({ ...wrong, DATA_DIR: folder.file("data") }, /invalid configuration/);
    for (const name of Object.keys(wrong)) expect(output).toContain(`${name} `);
    expect(output).not.toContain("private-value");
    expect(readdirSync(folder.path)).toEqual([]);
  });

  const values: Record<string, string[]> = {
    PORT: ["-1", "65536", "80.5", "8e3", "0x50", "80 80", "８０００"],
    HOST: ["http://localhost", "me@localhost", "[::]", "local\thost"],
    LOG_LEVEL: ["INFO!", "trace", "info,debug", "toString"],
    TRUST_PROXY: ["yes please", "-1", "1.5", "11", "constructor"],
    HEALTH_CHECK: ["both"],
    HSTS_MAX_AGE: ["-1", "1 year", "63072001"],
    BASE_URL: [
      "tasks.example.org",
      "ftp://example.org",
      "https://user:private-value@example.org",
      "https://example.org/tasks?private-value",
      "https://example.org/#private-value",
      "https://example.org/a b",
      "https://example.org/a//b",
      "https://example.org/../tasks",
      "https://example.org/api",
    ],
    CHANGE_LOG_DAYS: ["-1", "a year", "36501"],
    SHUTDOWN_DELAY: ["1s", "-1", "0.5", "301", "Infinity"],
    DATABASE_URL: [
      "mysql://someone:private-value@host/db",
      "postgres://private-value",
      "postgres:///private-value",
      "sqlite:private-value.db",
      "https://private-value.example/db",
      ":memory:",
      "file::memory:?cache=shared",
      "file:data/private-value.db?mode=ro",
      "file:///data/private-value.db#here",
      "file:",
      "file://",
    ],
  };
  const each = Object.entries(values).flatMap(([name, wrong]) => wrong.map((value) => [name, value] as const));

  it.each(each)("prevent the start with an error that names them: %s=%p", async (name, value) => {
    using folder = dataFolder();
    const environment = { [name]: value, DATA_DIR: folder.file("data") };
    expect(await expectStartError(environment, new RegExp(`\\b${name}\\b`))).not.toContain("private-value");
    expect(readdirSync(folder.path)).toEqual([]);
  });

  it.each(["PORT", "HOST", "LOG_LEVEL", "TRUST_PROXY", "SHUTDOWN_DELAY"])(
    "are reported in one line even with a line break: %s",
    async (name) => {
      using folder = dataFolder();
      const environment = { [name]: "wrong\nvalue", DATA_DIR: folder.file("data") };
      await expectStartError(environment, new RegExp(`\\b${name}\\b`));
    },
  );

  it.each(["DATABASE_URL", "DATABASE_DIRECT_URL", "JWT_SECRET", "JWT_SECRET_PREVIOUS", "BACKUP_PASSPHRASE"])(
    "include %s_FILE if the file is empty or the value is set too",
    async (name) => {
      using folder = dataFolder();
      const file = folder.file("empty");
      writeFileSync(file, "\n");
      const environment = {
        DATABASE_URL: folder.file("data/x.db"),
        DATA_DIR: folder.file("data"),
        [`${name}_FILE`]: file,
      };
      const bare = name === "DATABASE_URL" ? { ...environment, DATABASE_URL: "" } : environment;
      const output = await expectStartError(
        bare,
        new RegExp(`configuration: ${name}_FILE: ${file} is empty; [^;]*$`, "m"),
      );
      expect(output.match(/\w+_FILE/g)).toEqual([`${name}_FILE`, `${name}_FILE`]);
      await expectStartError({ ...environment, [name]: "given" }, new RegExp(`${name} and ${name}_FILE are both set`));
      expect(readdirSync(folder.path)).toEqual(["empty"]);
    },
  );

  it("prevent other commands too", async () => {
    using folder = dataFolder();
    const environment = { LOG_LEVEL: "loud", DATA_DIR: folder.file("data") };
    await expectCommandError(["user", "disable", "ada"], environment, /LOG_LEVEL/);
    expect(readdirSync(folder.path)).toEqual([]);
  });
});

describe("HOST of another machine", () => {
  it.each(["203.0.113.1", "no-such-host.invalid"])("prevents the start: %s", async (HOST) => {
    using folder = dataFolder();
    await expectStartError({ HOST, DATA_DIR: folder.path }, /\bHOST\b/);
  });
});

describe("empty variable", () => {
  it("is treated as unset", async () => {
    const empty = Object.fromEntries([...variables()].map((name) => [name, ""]));
    // The error shows that the default port is used.
    await using _ = await holdPort(8000);
    using folder = dataFolder();
    await expectStartError({ ...empty, DATA_DIR: folder.path }, /port 8000 is in use/);
  });

  it("is treated as unset if it is blank", async () => {
    await using program = await startProgram({ LOG_LEVEL: " ", TRUST_PROXY: "\t", JWT_SECRET: "  " });
    expect((await fetch(`${program.url}/healthz`)).status).toBe(200);
  });
});

describe("DATABASE_URL", () => {
  it.each([
    ["a path", (file: string) => file],
    ["a file: URL", (file: string) => `file:${file}`],
    ["a file:// URL", (file: string) => `file://${file}`],
  ] as const)("can be %s", async (_, form) => {
    using folder = dataFolder();
    const DATABASE_URL = form(folder.file("elsewhere.db"));
    await using program = await startProgram({ DATA_DIR: folder.file("data"), DATABASE_URL });
    expect((await fetch(`${program.url}/readyz`)).status).toBe(200);
    expect(readdirSync(folder.path)).toContain("elsewhere.db");
    expect(readdirSync(folder.file("data"))).toEqual(["jwt-secret"]);
  });
});

/** Returns the names of the variables that the program reads. */
function variables(): Set<string> {
  const names = new Set<string>();
  const environment = new Proxy({}, { get: (_, name) => void names.add(String(name)) });
  loadConfig(environment);
  return names;
}
