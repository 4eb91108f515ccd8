import { describe, expect, it, setDefaultTimeout } from "bun:test";
import { SQL } from "bun";
import { newCredentials, send, signIn, signUp } from "../support/client.ts";
import { dataFolder } from "../support/data-folder.ts";
import { databaseUrl, engine, runProgram, spawnProgram, startProgram } from "../support/program.ts";

setDefaultTimeout(180_000);

/** Runs a command with text on its standard input. */
async function runWithInput(args: string[], input: string, DATA_DIR: string) {
  const child = await spawnProgram(args, { DATA_DIR }, input);
  const [stdout, stderr, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { code, stdout, stderr };
}

describe("user command", () => {
  it("creates an account with a password from standard input", async () => {
    using folder = dataFolder();
    const { username, email, password } = newCredentials();
    expect((await runProgram(["migrate"], { DATA_DIR: folder.path })).code).toBe(0);
    const made = await runWithInput(["user", "create", username, email], `${password}\n`, folder.path);
    expect(made).toMatchObject({ code: 0, stderr: "" });
    await using program = await startProgram({ DATA_DIR: folder.path });
    expect(await signIn(program.url, { username, password })).toBeString();
  });

  it.each([
    ["ada", "ada@example.org", "short\n", /Password needs at least 10 characters/],
    ["ada", "ada@example.org", "password123\n", /too easy to guess/],
    ["ada", "nowhere", "a long enough phrase\n", /Email must look like/],
    ["a b", "ada@example.org", "a long enough phrase\n", /Username/],
  ])("rejects what the API rejects: %p %p %p", async (username, email, password, reason) => {
    using folder = dataFolder();
    await runProgram(["migrate"], { DATA_DIR: folder.path });
    const { code, stdout, stderr } = await runWithInput(["user", "create", username, email], password, folder.path);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(reason);
  });

  it("resets a password and ends all sessions", async () => {
    await using program = await startProgram();
    const person = await signUp(program.url);
    const password = "another long enough phrase";
    const reset = await runWithInput(["user", "reset-password", person.username], `${password}\n`, program.dataDir);
    expect(reset).toMatchObject({ code: 0, stderr: "" });
    expect((await person.send("/api/me")).status).toBe(401);
    const old = { username: person.username, password: person.password };
    expect((await send(program.url, "/api/login", { json: old })).status).toBe(401);
    expect(await signIn(program.url, { username: person.username, password })).toBeString();
  });

  it("deletes accounts with all data, and frees their names", async () => {
    await using program = await startProgram();
    const [one, other, staying] = await Promise.all([1, 2, 3].map(() => signUp(program.url)));
    if (!one || !other || !staying) throw new Error("unreachable");
    for (const person of [one, staying])
      await person.send("/api/tasks", { json: { title: "Secret" }, headers: { "idempotency-key": "once" } });
    const { code } = await runProgram(["user", "delete", "--yes", one.username, other.username], {
      DATA_DIR: program.dataDir,
    });
    expect(code).toBe(0);
    expect((await one.send("/api/me")).status).toBe(401);
    expect((await staying.send("/api/me")).status).toBe(200);
    await using database = new SQL(
      engine === "sqlite" ? `sqlite://${await databaseUrl(program.dataDir)}` : await databaseUrl(program.dataDir),
    );
    for (const [table, owner] of Object.entries({
      users: "id",
      sessions: "user_id",
      projects: "id",
      members: "account_id",
      tasks: "project_id",
      changes: "project_id",
    })) {
      const rows = await database.unsafe(`select distinct ${owner} from ${table}`);
      expect({ table, accounts: rows.length }).toEqual({ table, accounts: 1 });
    }
    expect(await database`select scope from idempotency_keys`).toHaveLength(1);
    await signUp(program.url, { ...newCredentials(), username: one.username });
    expect((await runProgram(["user", "delete", "--yes", "unknown"], { DATA_DIR: program.dataDir })).stderr).toContain(
      "There is no user “unknown”",
    );
  });

  it("lists accounts and marks disabled ones", async () => {
    await using program = await startProgram();
    const [one, other] = [await signUp(program.url), await signUp(program.url)];
    await runProgram(["user", "disable", other.username], { DATA_DIR: program.dataDir });
    const { stdout } = await runProgram(["user", "list"], { DATA_DIR: program.dataDir });
    expect(stdout).toMatch(new RegExp(`^${one.username} +${one.email} +\\d{4}-\\d\\d-\\d\\d$`, "m"));
    expect(stdout).toMatch(new RegExp(`^${other.username} .* disabled$`, "m"));
    expect(stdout).not.toContain("$2b$");
  });
});

describe("signing secret rotation", () => {
  it("keeps sessions while the previous secret is configured", async () => {
    using folder = dataFolder();
    const [old, fresh] = [
      "the old secret of thirty-two bytes, and more",
      "the new secret of thirty-two bytes, and more",
    ];
    await using before = await startProgram({ DATA_DIR: folder.path, JWT_SECRET: old });
    const person = await signUp(before.url);
    await before.stop();
    const me = async (url: string) =>
      (await send(url, "/api/me", { headers: { authorization: `Bearer ${person.token}` } })).status;
    await using during = await startProgram({ DATA_DIR: folder.path, JWT_SECRET: fresh, JWT_SECRET_PREVIOUS: old });
    expect(await me(during.url)).toBe(200);
    const later = await signIn(during.url, person);
    await during.stop();
    await using after = await startProgram({ DATA_DIR: folder.path, JWT_SECRET: fresh });
    expect(await me(after.url)).toBe(401);
    expect((await send(after.url, "/api/me", { headers: { authorization: `Bearer ${later}` } })).status).toBe(200);
  });
});
