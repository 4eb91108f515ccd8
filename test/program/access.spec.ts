import { afterAll, describe, expect, it, setDefaultTimeout } from "bun:test";
import { eq } from "drizzle-orm";
import type { Actor } from "../../src/actor.ts";
import { createServices } from "../../src/compose.ts";
import { databasePlace } from "../../src/config.ts";
import { openPlace } from "../../src/db/open.ts";
import { DEFAULT_STYLE } from "../../src/text/dates.ts";
import { type Client, send, signUp } from "../support/client.ts";
import { type Feed, follow, has } from "../support/events.ts";
import { databaseUrl, startProgram } from "../support/program.ts";
import {
  createProject,
  deleteProject,
  idOf,
  patchProject,
  projectsOf,
  removeMember,
  setRole,
  share,
} from "../support/projects.ts";
import {
  bulk,
  changesOf,
  changing,
  createTask,
  deleteTask,
  type Page,
  patchTask,
  readTask,
  type Sender,
  type Task,
  undo,
} from "../support/tasks.ts";

setDefaultTimeout(180_000);

const program = await startProgram();
/** A second process with the same data, like a replica. */
const other = await startProgram({ DATA_DIR: program.dataDir });
const place = databasePlace(await databaseUrl(program.dataDir));
if (typeof place === "string") throw new Error(place);
const db = await openPlace(place);
const services = createServices(db, { limits: { signUpsPerHour: 300, streamsPerAddress: 500 } });
afterAll(async () => {
  await db.close();
  await other[Symbol.asyncDispose]();
  await program[Symbol.asyncDispose]();
});

/** Returns an account as the services know it. */
async function actorOf(person: Client): Promise<Actor> {
  const user: Actor["user"] = {
    ...{ id: await idOf(person), username: "", email: "", createdAt: "", timeZone: null },
    ...{ ...DEFAULT_STYLE, startPage: "list" },
  };
  return { user, sessionId: "", through: "token", timeZone: "UTC", access: await services.policy.accessOf(user.id) };
}

/** Sends the account's requests to the other process. */
const viaOther = ({ token }: Client): Sender => ({
  send: (path, options = {}) =>
    send(other.url, path, {
      ...options,
      headers: { authorization: `Bearer ${token}`, ...(options.headers as Record<string, string>) },
    }),
});

const titles = async (client: Sender, query = "") => {
  const page = (await (await client.send(`/api/tasks${query}`)).json()) as Page<Task>;
  return page.items.map(({ title }) => title).sort();
};
const reloads = (feed: Feed) => feed.events.filter(({ event }) => event === "reload").length;

/** Returns two accounts and a project of the first one, in which the second has a role. */
async function shared(role: "editor" | "viewer") {
  const [ada, bob] = await Promise.all([signUp(program.url), signUp(program.url)]);
  const project = await createProject(ada, "Launch");
  const task = await createTask(ada, { title: "Shared", projectId: project.id });
  await share(ada, project, bob, role);
  return { ada, bob, project, task };
}

describe("member", () => {
  it("sees the project, its tasks and its changes, in both processes", async () => {
    const { ada, bob, project, task } = await shared("viewer");
    for (const sender of [bob, viaOther(bob)]) {
      expect(await projectsOf(sender)).toMatchObject([{ id: project.id, role: "viewer" }]);
      expect(await titles(sender)).toEqual(["Shared"]);
      expect(await readTask(sender, task)).toMatchObject({ id: task.id });
      expect((await changesOf(sender)).map(({ entityId }) => entityId)).toContain(task.id);
    }
    const list = await bob.send(`/api/projects/${project.id}/members`);
    expect(await list.json()).toEqual({
      items: [
        { id: await idOf(ada), username: ada.username, role: "owner" },
        { id: await idOf(bob), username: bob.username, role: "viewer" },
      ],
    });
  });

  it("can change nothing as a viewer", async () => {
    const { ada, bob, project, task } = await shared("viewer");
    const own = await createTask(bob, "Mine");
    const [created] = await changesOf(ada, `?task=${task.id}`);
    for (const response of [
      await bob.send("/api/tasks", { json: { title: "New", projectId: project.id } }),
      await patchTask(bob, task, { title: "Changed" }),
      await patchTask(bob, task, { projectId: await idOf(bob) }),
      await patchTask(bob, own, { projectId: project.id }),
      await bob.send(`/api/tasks/${task.id}`, { method: "PUT", json: { title: "Changed" } }),
      await bulk(bob, [own, task], "complete"),
      await deleteTask(bob, task),
      await undo(bob, created?.id ?? 0),
      await patchProject(bob, project, { name: "Changed" }),
      await deleteProject(bob, project),
    ]) {
      expect(response.status).toBe(403);
      expect(response.headers.get("content-type")).toStartWith("application/problem+json");
    }
    expect([await titles(ada), await titles(bob, "?status=open")]).toEqual([["Shared"], ["Mine", "Shared"]]);
    // Where a project is in one's own list is one's own affair.
    expect((await patchProject(bob, project, { position: 1 })).status).toBe(200);
  });

  it("completes a whole list except for what they may only view", async () => {
    const { ada, bob, project } = await shared("viewer");
    await createTask(bob, "Mine");
    const completeAll = (list: string) =>
      bob.send("/tasks/bulk", {
        method: "POST",
        redirect: "manual",
        body: new URLSearchParams({ action: "complete", scope: "matching", list }),
      });
    expect((await completeAll("/tasks")).status).toBe(303);
    expect([await titles(bob, "?status=completed"), await titles(ada)]).toEqual([["Mine"], ["Shared"]]);
    expect((await completeAll(`/projects/${project.id}`)).status).toBe(403);
  });

  it("changes tasks but not the project as an editor, and each sees what the other does", async () => {
    const { ada, bob, project, task } = await shared("editor");
    await using feed = await follow(ada);
    const renamed = await changing(patchTask(viaOther(bob), task, { title: "By Bob" }));
    await feed.until(has(renamed));
    expect(await titles(ada)).toEqual(["By Bob"]);
    await changing(undo(ada, renamed));
    expect(await titles(viaOther(bob))).toEqual(["Shared"]);
    for (const response of [await patchProject(bob, project, { name: "Mine" }), await deleteProject(bob, project)])
      expect(response.status).toBe(403);
    // An action that reaches into a project that the other doesn't see is undone by neither of them alone.
    const moved = await changing(patchTask(bob, task, { projectId: await idOf(bob) }));
    expect(await titles(ada)).toEqual([]);
    expect((await undo(ada, moved)).status).toBe(404);
    await changing(undo(bob, moved));
    expect(await titles(ada)).toEqual(["Shared"]);
  });

  it("gets a 404, a reload and nothing more once they are removed", async () => {
    const { ada, bob, project, task } = await shared("editor");
    const page = await bob.send("/api/tasks");
    const [etag, itemTag] = [
      page.headers.get("etag") ?? "",
      (await bob.send(`/api/tasks/${task.id}`)).headers.get("etag") ?? "",
    ];
    const key = { "idempotency-key": crypto.randomUUID() };
    const json = { title: "By Bob", projectId: project.id };
    await changing(bob.send("/api/tasks", { json, headers: key }));
    await changing(bob.send("/api/tasks", { json, headers: key })); // gets the first response
    const [change] = await changesOf(bob);
    await using here = await follow(bob);
    await using beyond = await follow(viaOther(bob));
    const position = (await changing(patchTask(ada, task, { title: "Last seen" }))) as number;
    await Promise.all([here.until(has(position)), beyond.until(has(position))]);
    const seen = here.events.at(-1)?.id ?? "";

    await removeMember(ada, project, bob);
    const secret = await changing(patchTask(ada, task, { title: "Secret" }));
    await Promise.all([here, beyond].map((feed) => feed.until((each) => reloads(each) > 0)));
    const marker = await changing(bob.send("/api/tasks", { json: { title: "Mine" } }));
    await Promise.all([here, beyond].map((feed) => feed.until(has(marker))));
    for (const feed of [here, beyond]) {
      expect(feed.ids()).not.toContain(secret);
      expect(JSON.stringify(feed.events)).not.toContain("Secret");
    }

    for (const sender of [bob, viaOther(bob)]) {
      expect(await titles(sender)).toEqual(["Mine"]);
      expect((await sender.send("/api/tasks", { headers: { "if-none-match": etag } })).status).toBe(200);
      const cached = await sender.send(`/api/tasks/${task.id}`, { headers: { "if-none-match": itemTag } });
      expect(cached.status).toBe(404);
      expect((await sender.send(`/api/tasks?project=${project.id}`)).status).toBe(404);
      expect((await sender.send(`/api/projects/${project.id}/members`)).status).toBe(404);
      expect((await undo(sender, change?.id ?? 0)).status).toBe(404);
      expect((await sender.send("/api/tasks", { json, headers: key })).status).toBe(404);
      expect((await changesOf(sender)).map(({ projectId }) => projectId)).not.toContain(project.id);
      expect(await projectsOf(sender)).toEqual([]);
    }
    await using resumed = await follow(bob, { lastEventId: seen });
    await resumed.until(({ events }) => events.length > 0);
    expect(resumed.events[0]).toMatchObject({ event: "reload" });
  });

  it("sees a project at once when they are added, in a stream that is open", async () => {
    const [ada, bob] = await Promise.all([signUp(program.url), signUp(program.url)]);
    const project = await createProject(ada, "Launch");
    await using feed = await follow(viaOther(bob));
    await share(ada, project, bob, "viewer");
    await feed.until((each) => reloads(each) > 0);
    const created = await changing(ada.send("/api/tasks", { json: { title: "New", projectId: project.id } }));
    await feed.until(has(created));
    await setRole(ada, project, bob, "editor");
    await feed.until((each) => reloads(each) > 1);
    await changing(viaOther(bob).send("/api/tasks", { json: { title: "By Bob", projectId: project.id } }));
  });
});

it("removes a project with everything in it after 30 days in the trash, also for its members", async () => {
  const { ada, bob, project, task } = await shared("viewer");
  await changing(
    patchTask(ada, await createTask(ada, { title: "Moved away", projectId: project.id }), {
      projectId: await idOf(ada),
    }),
  );
  await changing(deleteProject(ada, project));
  await using feed = await follow(bob);
  const { projects } = db.schema;
  await db.write(async (tx) => {
    await tx
      .update(projects)
      .set({ deletedAt: new Date(2001, 0) })
      .where(eq(projects.id, project.id));
  });
  await services.changes.purgeTrash();
  await feed.until((each) => reloads(each) > 0);
  expect([await projectsOf(ada, "deleted"), await projectsOf(bob, "deleted")]).toEqual([[], []]);
  expect(await titles(ada)).toEqual(["Moved away"]);
  expect((await ada.send(`/api/changes?task=${task.id}`)).status).toBe(404);
  expect((await changesOf(ada)).map(({ projectId }) => projectId)).not.toContain(project.id);
});

it("lists and follows 200 projects, and no more can be added", async () => {
  const ada = await signUp(program.url);
  const actor = await actorOf(ada);
  for (let number = 1; number < 200; number++) await services.projects.createProject(actor, { name: `P${number}` });
  const all = await projectsOf(ada);
  expect(all).toHaveLength(199);
  expect((await ada.send("/api/projects", { json: { name: "Too many" } })).status).toBe(409);
  for (const { id } of all.slice(0, 150))
    await services.tasks.createTask(await actorOf(ada), { title: `in ${id}`, projectId: id });
  for (const query of ["?limit=200", "?limit=200&sort=title", "?limit=200&sort=priority", "?limit=200&q=in"])
    expect(await titles(ada, query)).toHaveLength(150);
  expect(await changesOf(ada, "?limit=200")).toHaveLength(200);
  await using feed = await follow(ada);
  const last = await changing(ada.send("/api/tasks", { json: { title: "Last", projectId: all[198]?.id } }));
  await feed.until(has(last));
  expect(feed.events.at(-1)?.id.length).toBeLessThan(2500);
});

it("writes of two processes to several projects don't wait for each other in a circle", async () => {
  const { ada, bob, project, task } = await shared("editor");
  const second = await createProject(ada, "Second");
  await share(ada, second, bob, "editor");
  const tasks = [task, await createTask(ada, { title: "Other", projectId: second.id })];
  const outcomes = await Promise.all(
    Array.from({ length: 40 }, async (_, round) => {
      const sender = round % 2 ? ada : viaOther(bob);
      const one = tasks[round % 2] as Task;
      if (round % 4 < 2) return (await bulk(sender, tasks, round % 8 < 4 ? "complete" : "reopen")).status;
      return (await patchTask(sender, one, { projectId: round % 8 < 4 ? project.id : second.id })).status;
    }),
  );
  // A task that was moved between the look-up and the lock is a conflict, to be tried again.
  for (const status of outcomes) expect([200, 409]).toContain(status);
  expect(outcomes.filter((status) => status === 200).length).toBeGreaterThan(20);
});
