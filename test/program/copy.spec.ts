import { describe, expect, it, setDefaultTimeout } from "bun:test";
import { existsSync } from "node:fs";
import { type Client, send, signIn, signUp } from "../support/client.ts";
import { expectCommandError, expectStartError } from "../support/command-errors.ts";
import { type DataFolder, dataFolder, withSqlite } from "../support/data-folder.ts";
import { databaseUrl, noFile, runProgram, spawnProgram, startProgram, tamper } from "../support/program.ts";

setDefaultTimeout(180_000);

/** Creates and stops an instance with one account that has an open task, a completed one and one in the trash. */
async function usedInstance(): Promise<{ folder: DataFolder; url: string; person: Client }> {
  const folder = dataFolder();
  await using program = await startProgram({ DATA_DIR: folder.path });
  const person = await signUp(program.url);
  for (const title of ["Stays", "Done – ünïcode 🎉", "Thrown away"]) {
    const created = await person.send("/api/tasks", { json: { title, description: "Line one\nline two" } });
    const { id } = (await created.json()) as { id: string };
    if (title.startsWith("Done")) await person.send(`/api/tasks/${id}`, { method: "PATCH", json: { completed: true } });
    if (title.startsWith("Thrown")) await person.send(`/api/tasks/${id}`, { method: "DELETE" });
  }
  expect(await program.stop()).toBe(0);
  return { folder, url: await databaseUrl(folder.path), person };
}

/** Adds many tasks. */
const fill = async (folder: DataFolder, rows: number) => {
  const names =
    "project_id, id, title, title_key, description, description_key, priority, version, created_at, updated_at";
  const columns = "'many ' || n, 'many ' || n, '', '', 'low', 1";
  const counts = `insert into task_counts select id, 'low', ${rows}, 0, 0 from users`;
  await tamper(folder.path, { sqlite: counts, postgres: counts });
  await tamper(folder.path, {
    sqlite: `with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < ${rows})
      insert into tasks (${names}) select (select id from users), printf('01900000-0000-7000-8000-%012d', n), ${columns}, 1000, 1000 from numbers`,
    postgres: `insert into tasks (${names}) select (select id from users), '01900000-0000-7000-8000-' || lpad(n::text, 12, '0'), ${columns}, now(), now()
      from generate_series(1, ${rows}) as n`,
  });
};

/** Reads everything that an account can see. */
async function everything(url: string, token: string) {
  const headers = { authorization: `Bearer ${token}` };
  const paths = ["/api/me", "/api/tasks?limit=200", "/api/trash", "/api/changes?limit=200"];
  return Promise.all(paths.map(async (path) => (await send(url, path, { headers })).json()));
}

/** Creates the target of a copy. It is a file for both engines, so a run on PostgreSQL also copies between engines. */
async function target(): Promise<{ folder: DataFolder; url: string; environment: Record<string, string> }> {
  const folder = dataFolder();
  const url = folder.file("copy.db");
  return { folder, url, environment: { DATA_DIR: folder.path, DATABASE_URL: url, JWT_SECRET: "s".repeat(40) } };
}

describe("a copy", () => {
  it("contains everything, including sessions, and continues the original's ids", async () => {
    const { folder, url, person } = await usedInstance();
    using _from = folder;
    const secret = await Bun.file(folder.file("jwt-secret")).text();
    const { folder: into, url: to, environment } = await target();
    using _into = into;
    const { code, stdout } = await runProgram(["copy", "--from", url, "--to", to]);
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(/Copied and compared: users 1, sessions 1, projects 1, members 1, .*tasks 3,/),
    ]);

    await using original = await startProgram({ DATA_DIR: folder.path });
    await using copy = await startProgram({ ...environment, JWT_SECRET: secret });
    expect(await everything(copy.url, person.token)).toEqual(await everything(original.url, person.token));
    const added = await send(copy.url, "/api/tasks", {
      json: { title: "New here" },
      headers: { authorization: `Bearer ${person.token}` },
    });
    expect(added.status).toBe(201);
  });

  it("can be copied back", async () => {
    const { folder, url, person } = await usedInstance();
    using _from = folder;
    const { folder: into, url: to } = await target();
    using _into = into;
    await fill(folder, 1200);
    expect((await runProgram(["copy", "--from", url, "--to", to])).code).toBe(0);
    using third = dataFolder();
    expect((await runProgram(["copy", "--from", to, "--to", await databaseUrl(third.path)])).code).toBe(0);
    await using program = await startProgram({ DATA_DIR: third.path });
    const token = await signIn(program.url, person);
    const added = await send(program.url, "/api/tasks", {
      json: { title: "The next id is free" },
      headers: { authorization: `Bearer ${token}` },
    });
    expect(added.status).toBe(201);
    const [, list] = await everything(program.url, token);
    expect(list).toMatchObject({ totals: { open: 1202, completed: 1 } });
  });

  it("can't be served after it was killed, and resumes when it is run again", async () => {
    const { folder, url } = await usedInstance();
    using _from = folder;
    await fill(folder, 30_000);
    const { folder: into, url: to, environment } = await target();
    using _into = into;
    const copying = await spawnProgram(["copy", "--from", url, "--to", to]);
    for await (const chunk of copying.stdout) if (/copying tasks/.test(new TextDecoder().decode(chunk))) break;
    copying.kill("SIGKILL");
    await copying.exited;

    await expectStartError(environment, /taskflow copy.*again/);
    const { code, stdout } = await runProgram(["copy", "--from", url, "--to", to]);
    expect(code).toBe(0);
    expect(stdout).toContain("tasks 30,003");
    // It resumed: the users were already there.
    expect(stdout).not.toContain("copying users");
    await using program = await startProgram(environment);
    expect((await fetch(`${program.url}/readyz`)).status).toBe(200);
  });

  it.each([
    ["the source", "tasks"],
    ["the target", "changes"],
  ])("reports that %s changed during the copy, and starts over with --restart", async (end, table) => {
    const { folder, url } = await usedInstance();
    using _from = folder;
    await fill(folder, 30_000);
    const { folder: into, url: to, environment } = await target();
    using _into = into;
    const copying = await spawnProgram(["copy", "--from", url, "--to", to]);
    for await (const chunk of copying.stdout) if (/copying tasks/.test(new TextDecoder().decode(chunk))) break;
    const change = "update tasks set title = 'changed' where title = 'many 1'";
    const addition =
      "insert into changes select 1, id, null, 'program', 'account', id, 'x', null, null, null, null, 1 from users";
    if (end === "the source") await tamper(folder.path, { sqlite: change, postgres: change });
    else withSqlite(to, (database) => database.run(addition));
    expect(await copying.exited).toBe(1);
    expect(await new Response(copying.stderr).text()).toMatch(
      new RegExp(`^taskflow: ${table} differ[^\\n]*--restart\\n$`),
    );
    await expectStartError(environment, /taskflow copy/);
    expect((await runProgram(["copy", "--from", url, "--to", to, "--restart"])).code).toBe(0);
  });

  it("is refused while a server uses the source or the target, and does not disturb the server", async () => {
    const { folder, url, person } = await usedInstance();
    using _from = folder;
    using into = dataFolder();
    const to = await databaseUrl(into.path);
    {
      await using program = await startProgram({ DATA_DIR: into.path });
      await expectCommandError(["copy", "--from", url, "--to", to], {}, /using.*stop every.*Nothing was changed/);
      expect(await everything(program.url, (await signUp(program.url)).token)).toMatchObject({ 1: { items: [] } });
    }
    await using program = await startProgram({ DATA_DIR: folder.path });
    const { folder: free, url: elsewhere } = await target();
    using _free = free;
    await expectCommandError(["copy", "--from", url, "--to", elsewhere], {}, /using.*stop every.*Nothing was changed/);
    expect(existsSync(elsewhere)).toBe(false);
    expect((await person.send("/api/me").catch(() => send(program.url, "/healthz"))).status).toBe(200);
  });

  it("has exclusive access to its target: of two at once one succeeds, and the other is refused in one line", async () => {
    const [one, other] = await Promise.all([usedInstance(), usedInstance()]);
    using _one = one.folder;
    using _other = other.folder;
    await Promise.all([fill(one.folder, 5000), fill(other.folder, 5000)]);
    using into = dataFolder();
    const to = await databaseUrl(into.path);
    const ended = await Promise.all([one, other].map(({ url }) => runProgram(["copy", "--from", url, "--to", to])));
    const [winner, loser] = ended.toSorted((each, next) => each.code - next.code);
    expect(winner).toMatchObject({ code: 0, stdout: expect.stringContaining("tasks 5,003") });
    expect(loser).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^taskflow: [^\n]*(using|not empty)[^\n]*\n$/),
    });
    const whose = ended.findIndex(({ code }) => code === 0) === 0 ? one : other;
    await using program = await startProgram({ DATA_DIR: into.path });
    expect(await signIn(program.url, whose.person)).toBeString();
  });

  it("that is unfinished can't be served, copied or backed up, fails the doctor, and can be replaced by a backup", async () => {
    const { folder, url, person } = await usedInstance();
    using _from = folder;
    const environment = { DATA_DIR: folder.path };
    expect((await runProgram(["backup"], environment)).code).toBe(0);
    const mark = "insert into copy_progress values ('users', null, 0)";
    await tamper(folder.path, { sqlite: mark, postgres: mark });

    const reason = /a copy into this database has not finished.*again/;
    await expectStartError(environment, reason);
    const { folder: into, url: to } = await target();
    using _into = into;
    await expectCommandError(["copy", "--from", url, "--to", to], {}, reason);
    expect(existsSync(to)).toBe(false);
    await expectCommandError(["backup"], environment, reason);
    const { code, stdout } = await runProgram(["doctor"], environment);
    expect([code, stdout]).toEqual([1, expect.stringMatching(/^fail +database +a copy into this database/m)]);

    expect((await runProgram(["restore", "latest", "--yes"], environment)).code).toBe(0);
    await using program = await startProgram(environment);
    expect(await signIn(program.url, person)).toBeString();
  });

  it("does not change a target that is not empty", async () => {
    const { folder, url } = await usedInstance();
    using _from = folder;
    const other = await usedInstance();
    using _other = other.folder;
    await expectCommandError(["copy", "--from", url, "--to", other.url], {}, /is not empty/);
    await expectCommandError(["copy", "--from", url, "--to", other.url, "--restart"], {}, /is not empty/);
  });

  it("needs a valid source and target", async () => {
    using folder = dataFolder();
    const [here, there] = [folder.file("here.db"), folder.file("there.db")];
    await expectCommandError(["copy"], {}, /--from URL --to URL/);
    await expectCommandError(["copy", "--from", here, "--to", there], {}, /no database at .*here\.db/);
    await expectCommandError(["copy", "--from", "mysql://dont-tell@host/x", "--to", there], {}, /--from must be/);
    expect(existsSync(there)).toBe(false);
    if (noFile)
      await expectCommandError(["copy", "--from", "postgres://nobody@127.0.0.1:1/x", "--to", there], {}, /can't reach/);
  });
});
