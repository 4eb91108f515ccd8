import { describe, expect, it, setDefaultTimeout } from "bun:test";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { signUp } from "../support/client.ts";
import { expectStartError } from "../support/command-errors.ts";
import { dataFolder, fingerprint } from "../support/data-folder.ts";
import { startProgram } from "../support/program.ts";

setDefaultTimeout(180_000);

const SECRET = "thirty-two bytes, and then a few";

describe("production", () => {
  const invalid = [
    ["no secret", {}],
    ["an empty secret", { JWT_SECRET: "" }],
    ["a blank secret", { JWT_SECRET: " ".repeat(40) }],
    ["a secret of 31 bytes", { JWT_SECRET: SECRET.slice(1) }],
    ["a secret of 31 bytes with spaces around it", { JWT_SECRET: ` ${SECRET.slice(1)} ` }],
  ] as const;

  it.each(invalid)("does not start with %s, and creates nothing", async (_, environment) => {
    using folder = dataFolder();
    const DATA_DIR = folder.file("data");
    const production = { NODE_ENV: "production", DATA_DIR, ...environment };
    const output = await expectStartError(production, /JWT_SECRET.*32 bytes/);
    expect(output).not.toContain(SECRET.slice(1));
    expect(readdirSync(folder.path)).toEqual([]);
  });

  it.each([SECRET, "é".repeat(16)])("starts with a secret of 32 bytes: %p", async (JWT_SECRET) => {
    await using program = await startProgram({ NODE_ENV: "production", JWT_SECRET });
    expect((await fetch(`${program.url}/readyz`)).status).toBe(200);
    expect(readdirSync(program.dataDir)).not.toContain("jwt-secret");
  });
});

describe("secret in a file", () => {
  it("is read without its line ending", async () => {
    using folder = dataFolder();
    const JWT_SECRET_FILE = folder.file("secret");
    writeFileSync(JWT_SECRET_FILE, `${SECRET}\r\n`);
    const shared = { NODE_ENV: "production", DATA_DIR: folder.file("data") };
    await using fromFile = await startProgram({ ...shared, JWT_SECRET_FILE });
    await using fromVariable = await startProgram({ ...shared, JWT_SECRET: SECRET });
    const { token } = await signUp(fromFile.url);
    const answer = await fetch(`${fromVariable.url}/api/me`, { headers: { authorization: `Bearer ${token}` } });
    expect(answer.status).toBe(200);
  });

  const unusable = [
    ["missing", () => {}],
    ["too short", (file: string) => writeFileSync(file, SECRET.slice(1))],
    ["a folder", (file: string) => mkdirSync(file)],
  ] as const;

  it.each(unusable)("prevents the start if the file is %s", async (_, make) => {
    using folder = dataFolder();
    const file = folder.file("secret");
    make(file);
    const environment = { NODE_ENV: "production", JWT_SECRET_FILE: file, DATA_DIR: folder.file("data") };
    await expectStartError(environment, /JWT_SECRET/);
    expect(readdirSync(folder.path)).not.toContain("data");
  });
});

describe("optional secret in a file", () => {
  it("is treated as unset if the file is missing", async () => {
    using folder = dataFolder();
    const [JWT_SECRET_PREVIOUS_FILE, DATABASE_DIRECT_URL_FILE] = [folder.file("previous"), folder.file("direct")];
    const environment = { NODE_ENV: "production", JWT_SECRET: SECRET, DATA_DIR: folder.file("data") };
    await using program = await startProgram({ ...environment, JWT_SECRET_PREVIOUS_FILE, DATABASE_DIRECT_URL_FILE });
    expect((await fetch(`${program.url}/readyz`)).status).toBe(200);
  });

  it("prevents the start if the file can't be read", async () => {
    using folder = dataFolder();
    mkdirSync(folder.file("previous"));
    const environment = { JWT_SECRET: SECRET, JWT_SECRET_PREVIOUS_FILE: folder.file("previous") };
    await expectStartError({ ...environment, DATA_DIR: folder.file("data") }, /JWT_SECRET_PREVIOUS_FILE/);
  });

  it("must exist for the backup passphrase, as backups would not be encrypted", async () => {
    using folder = dataFolder();
    const environment = { DATA_DIR: folder.file("data"), BACKUP_PASSPHRASE_FILE: folder.file("passphrase") };
    await expectStartError(environment, /BACKUP_PASSPHRASE_FILE/);
  });
});

describe("secret in the data folder", () => {
  const damaged = [
    ["cut short", (file: string) => writeFileSync(file, "short")],
    ["empty", (file: string) => writeFileSync(file, "")],
    ["a folder", (file: string) => mkdirSync(file)],
  ] as const;

  it.each(damaged)("prevents the start if it is %s, and stays unchanged", async (_, make) => {
    using folder = dataFolder();
    make(folder.file("jwt-secret"));
    const before = fingerprint(folder.path)["jwt-secret"];
    await expectStartError({ DATA_DIR: folder.path }, /jwt-secret/);
    expect(fingerprint(folder.path)["jwt-secret"]).toBe(before as string);
    expect(readdirSync(folder.path).filter((name) => name.startsWith("jwt-secret"))).toEqual(["jwt-secret"]);
  });
});
