import { expect, it, setDefaultTimeout } from "bun:test";
import { type Client, send, signUp } from "../support/client.ts";
import { dataFolder } from "../support/data-folder.ts";
import { startProgram, tamper } from "../support/program.ts";
import {
  bulk,
  changesOf,
  changing,
  createTask,
  deleteTask,
  patchTask,
  restoreTask,
  type Sender,
  trashOf,
  undo,
} from "../support/tasks.ts";

setDefaultTimeout(180_000);

/** Moves the deletion time of a task back. */
const age = (dataDir: string, { id }: { id: string }, days: number) =>
  tamper(dataDir, {
    sqlite: `update tasks set deleted_at = deleted_at - ${days * 86_400_000} where id = '${id}'`,
    postgres: `update tasks set deleted_at = deleted_at - interval '${days * 24} hours' where id = '${id}'`,
  });

/** Sends an account's requests to another URL. */
const at = (url: string, { token }: Client): Sender => ({
  send: (path, options = {}) => send(url, path, { ...options, headers: { authorization: `Bearer ${token}` } }),
});

it("a start permanently deletes tasks after 30 days in the trash, with the text in their changes, and nothing else", async () => {
  using folder = dataFolder();
  let ada: Client;
  let [old, young, kept] = [{ id: "" }, { id: "" }, { id: "" }];
  let together = 0;
  {
    await using program = await startProgram({ DATA_DIR: folder.path });
    ada = await signUp(program.url);
    old = await createTask(ada, { title: "A secret", description: "Private text" });
    young = await createTask(ada, "Young");
    kept = await createTask(ada, "Kept");
    await patchTask(ada, old, { title: "Another secret" });
    together = await changing(bulk(ada, [old, young, kept], "setPriority", { priority: "high" }));
    await deleteTask(ada, old);
    await deleteTask(ada, young);
    await program.stop();
  }
  await age(folder.path, old, 30.01);
  await age(folder.path, young, 29);

  await using program = await startProgram({ DATA_DIR: folder.path });
  const person = at(program.url, ada);
  await program.waitFor(/trash purged/);
  expect((await trashOf(person)).items.map(({ id }) => id)).toEqual([young.id]);
  expect((await restoreTask(person, old)).status).toBe(404);

  const history = await changesOf(person, `?task=${old.id}`);
  expect(history).toMatchObject([
    { verb: "purge", actorId: null, through: "program", entity: "task", before: null, after: null, undoes: null },
  ]);
  const all = (await changesOf(person)).toReversed();
  expect(JSON.stringify(all)).not.toMatch(/secret|private/i);
  expect(all.map(({ verb, entityId }) => `${verb} ${entityId === kept.id ? "kept" : ""}`.trim())).toEqual([
    "register",
    "signIn",
    "create",
    "create kept",
    ...all
      .filter(({ actionId }) => actionId === together)
      .map(({ entityId }) => (entityId === kept.id ? "update kept" : "update")),
    "delete",
    "purge",
  ]);
  expect(all.filter(({ actionId }) => actionId === together)).toHaveLength(2);
  expect((await undo(person, all.at(-1)?.id ?? 0)).status).toBe(409);
  expect((await restoreTask(person, young)).status).toBe(200);
});

it("a start permanently deletes hundreds of tasks of all accounts, and logs it once", async () => {
  using folder = dataFolder();
  const people: Client[] = [];
  {
    await using program = await startProgram({ DATA_DIR: folder.path });
    for (const count of [230, 3]) {
      const person = await signUp(program.url);
      people.push(person);
      const tasks = await Promise.all(
        Array.from({ length: count }, (_, number) => createTask(person, `Task ${number}`)),
      );
      await changing(bulk(person, tasks, "delete"));
      for (const task of tasks.slice(0, 1)) await restoreTask(person, task);
    }
    await program.stop();
  }
  await tamper(folder.path, {
    sqlite: `update tasks set deleted_at = deleted_at - ${31 * 86_400_000}`,
    postgres: "update tasks set deleted_at = deleted_at - interval '31 days'",
  });
  {
    await using program = await startProgram({ DATA_DIR: folder.path });
    await program.waitFor(/trash purged.*231/);
    for (const person of people.map((each) => at(program.url, each))) {
      expect((await trashOf(person)).items).toEqual([]);
      const { items } = (await (await person.send("/api/tasks")).json()) as { items: object[] };
      expect(items).toHaveLength(1);
    }
    await program.stop();
  }
  await using program = await startProgram({ DATA_DIR: folder.path });
  const [person] = people;
  if (!person) throw new Error("expected two accounts");
  await changing(at(program.url, person).send("/api/tasks", { json: { title: "Next" } }));
  expect(program.output()).not.toContain("trash purged");
});
