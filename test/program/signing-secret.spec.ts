import { describe, expect, it, setDefaultTimeout } from "bun:test";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { signUp } from "../support/client.ts";
import { dataFolder, fingerprint } from "../support/data-folder.ts";
import { startProgram } from "../support/program.ts";
import { expectRefusedStart } from "../support/refusal.ts";

setDefaultTimeout(60_000);

const SECRET = "thirty-two bytes, and then a few";

describe("production", () => {
  const refused = [
    ["no secret", {}],
    ["an empty secret", { JWT_SECRET: "" }],
    ["a blank secret", { JWT_SECRET: " ".repeat(40) }],
    ["a secret of 31 bytes", { JWT_SECRET: SECRET.slice(1) }],
    ["a secret that is long only with the blanks around it", { JWT_SECRET: ` ${SECRET.slice(1)} ` }],
  ] as const;

  it.each(refused)("does not start with %s, and makes nothing", async (_, environment) => {
    using folder = dataFolder();
    const DATA_DIR = folder.file("data");
    const production = { NODE_ENV: "production", DATA_DIR, ...environment };
    const words = await expectRefusedStart(production, /JWT_SECRET.*32 bytes/);
    expect(words).not.toContain(SECRET.slice(1));
    expect(readdirSync(folder.path)).toEqual([]);
  });

  it.each([SECRET, "é".repeat(16)])("starts with 32 bytes: %p", async (JWT_SECRET) => {
    await using program = await startProgram({ NODE_ENV: "production", JWT_SECRET });
    expect((await fetch(`${program.url}/readyz`)).status).toBe(200);
    expect(readdirSync(program.dataDir)).not.toContain("jwt-secret");
  });
});

describe("a secret in a file", () => {
  it("is the same secret, whatever line end the file has", async () => {
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

  it("is refused together with the variable", async () => {
    using folder = dataFolder();
    writeFileSync(folder.file("secret"), SECRET);
    const both = { JWT_SECRET: SECRET, JWT_SECRET_FILE: folder.file("secret"), DATA_DIR: folder.file("data") };
    const words = await expectRefusedStart(both, /JWT_SECRET and JWT_SECRET_FILE/);
    expect(words).not.toContain(SECRET);
  });

  const unusable = [
    ["missing", () => {}],
    ["empty", (file: string) => writeFileSync(file, "")],
    ["too short", (file: string) => writeFileSync(file, SECRET.slice(1))],
    ["a folder", (file: string) => mkdirSync(file)],
  ] as const;

  it.each(unusable)("stops the start when the file is %s", async (_, make) => {
    using folder = dataFolder();
    const file = folder.file("secret");
    make(file);
    const environment = { NODE_ENV: "production", JWT_SECRET_FILE: file, DATA_DIR: folder.file("data") };
    await expectRefusedStart(environment, /JWT_SECRET/);
    expect(readdirSync(folder.path)).not.toContain("data");
  });
});

describe("a secret that is only there at times", () => {
  it("counts as unset while its file is missing", async () => {
    using folder = dataFolder();
    const [JWT_SECRET_PREVIOUS_FILE, DATABASE_DIRECT_URL_FILE] = [folder.file("previous"), folder.file("direct")];
    const environment = { NODE_ENV: "production", JWT_SECRET: SECRET, DATA_DIR: folder.file("data") };
    await using program = await startProgram({ ...environment, JWT_SECRET_PREVIOUS_FILE, DATABASE_DIRECT_URL_FILE });
    expect((await fetch(`${program.url}/readyz`)).status).toBe(200);
  });

  it("stops the start when its file can't be read", async () => {
    using folder = dataFolder();
    mkdirSync(folder.file("previous"));
    const environment = { JWT_SECRET: SECRET, JWT_SECRET_PREVIOUS_FILE: folder.file("previous") };
    await expectRefusedStart({ ...environment, DATA_DIR: folder.file("data") }, /JWT_SECRET_PREVIOUS_FILE/);
  });

  it("is never the one that encrypts backups, which would lie there open", async () => {
    using folder = dataFolder();
    const environment = { DATA_DIR: folder.file("data"), BACKUP_PASSPHRASE_FILE: folder.file("passphrase") };
    await expectRefusedStart(environment, /BACKUP_PASSPHRASE_FILE/);
  });
});

describe("the secret in the data folder", () => {
  const damaged = [
    ["cut short", (file: string) => writeFileSync(file, "short")],
    ["empty", (file: string) => writeFileSync(file, "")],
    ["a folder", (file: string) => mkdirSync(file)],
  ] as const;

  it.each(damaged)("stops the start when it is %s, and stays as it was", async (_, make) => {
    using folder = dataFolder();
    make(folder.file("jwt-secret"));
    const before = fingerprint(folder.path)["jwt-secret"];
    await expectRefusedStart({ DATA_DIR: folder.path }, /jwt-secret/);
    expect(fingerprint(folder.path)["jwt-secret"]).toBe(before as string);
    expect(readdirSync(folder.path).filter((name) => name.startsWith("jwt-secret"))).toEqual(["jwt-secret"]);
  });
});
