import { expect, it, setDefaultTimeout } from "bun:test";
import type { Actor } from "../../src/actor.ts";
import { createServices, type Services } from "../../src/compose.ts";
import { databasePlace } from "../../src/config.ts";
import { openPlace } from "../../src/db/open.ts";
import { fold } from "../../src/text/fold.ts";
import { dataFolder } from "../support/data-folder.ts";
import { databaseUrl, query, tamper } from "../support/program.ts";

setDefaultTimeout(180_000);

/** Returns numbers that look random but are the same for a seed. */
function randomOf(seed: number) {
  let state = seed;
  return (limit: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * limit);
  };
}

const PRIORITIES = ["none", "low", "medium", "high"] as const;

const LABELS = ["home", "Home", "urgent", "later"];

/** Does something to the tasks of an account, which may fail. */
async function act(
  { tasks, changes, comments }: Services,
  actor: Actor,
  random: (limit: number) => number,
): Promise<unknown> {
  const { items } = await tasks.listTasks(actor, { limit: 200 });
  const id = items[random(items.length)]?.id ?? "";
  const some = items.filter(() => random(3) === 0).map((task) => task.id);
  const ids = some.length > 0 ? some : [id];
  const trash = await tasks.listTrash(actor);
  const { items: log } = await changes.listChanges(actor, { limit: 200 });
  const priority = PRIORITIES[random(4)] ?? "low";
  const label = LABELS[random(4)] ?? "home";
  const labels = LABELS.filter(() => random(2) === 0);
  const projectId = [...actor.access.projects.keys()][random(3)] ?? "";
  const acts = [
    () => tasks.createTask(actor, { title: "A task", priority, projectId, labels, completed: random(3) === 0 }),
    () => tasks.updateTask(actor, id, { labels, projectId }),
    () => tasks.bulk(actor, { ids, action: (["addLabel", "removeLabel"] as const)[random(2)] ?? "addLabel", label }),
    () => tasks.renameLabel(actor, label, LABELS[random(4)] ?? "home"),
    () => tasks.deleteLabel(actor, label),
    () => tasks.updateTask(actor, id, { completed: random(2) === 0 }),
    () => tasks.updateTask(actor, id, { priority, title: "Changed" }),
    () => tasks.replaceTask(actor, id, { title: "Replaced" }),
    () => tasks.updateTask(actor, id, { projectId, priority }),
    () => tasks.deleteTask(actor, id),
    () => tasks.restoreTask(actor, trash.items[random(trash.items.length)]?.id ?? ""),
    () => tasks.bulk(actor, { ids, action: (["complete", "reopen", "delete"] as const)[random(3)] ?? "delete" }),
    () => tasks.bulk(actor, { ids, action: "setPriority", priority }),
    () => tasks.bulkMatching(actor, { status: "open", priority }, { action: "complete" }),
    () => tasks.createTasks(actor, [{ title: "One" }, { title: "Two", priority }]),
    () => comments.addComment(actor, id, { text: "A comment" }),
    async () => {
      const { items: found } = await comments.listComments(actor, id);
      return comments.deleteComment(actor, found[0]?.id ?? "");
    },
    async () => {
      await tasks.updateTask(actor, id, { dueDate: "2026-05-03", repeat: "FREQ=DAILY" });
      const { change } = await tasks.updateTask(actor, id, { completed: true });
      return random(2) === 0 ? undefined : changes.undo(actor, change ?? 0);
    },
    () => changes.undo(actor, log[random(log.length)]?.id ?? 0),
  ];
  return acts[random(acts.length + 2) % acts.length]?.(); // creates more often than it deletes
}

const KEPT = "select project_id, priority, open, completed, deleted from task_counts";
const COUNTED = `select project_id, priority, count(case when deleted_at is null and completed_at is null then 1 end) as open,
  count(case when deleted_at is null then completed_at end) as completed, count(deleted_at) as deleted
  from tasks group by project_id, priority`;

/** Reads rows of counts as numbers, without those that count nothing. */
async function readCounts(folder: string, statement: string) {
  const rows = await query(folder, `${statement} order by 1, 2`);
  return rows
    .map(({ project_id, priority, ...counts }) => [project_id, priority, ...Object.values(counts).map(Number)])
    .filter(([, , ...counts]) => counts.some((count) => count !== 0));
}

/** Compares the index of labels and their counts with the labels of the tasks. */
async function checkLabels(folder: string) {
  const tasks = await query(folder, "select project_id, id, labels, completed_at from tasks where deleted_at is null");
  const each = tasks.flatMap(({ project_id, id, labels, completed_at }) =>
    (JSON.parse(String(labels)) as string[]).map((label) => ({
      key: `${project_id} ${fold(label)}`,
      id,
      label,
      completed_at,
    })),
  );
  const indexed = await query(folder, "select project_id, label_key, task_id, label from task_labels");
  expect(
    indexed.map(({ project_id, label_key, task_id, label }) => `${project_id} ${label_key} ${task_id} ${label}`).sort(),
  ).toEqual(each.map(({ key, id, label }) => `${key} ${id} ${label}`).sort());
  const counts = await query(folder, "select project_id, label_key, open, completed from label_counts");
  const counted = [...Map.groupBy(each, ({ key }) => key)].map(([key, found]) => {
    const open = found.filter(({ completed_at }) => completed_at === null).length;
    return `${key} ${open} ${found.length - open}`;
  });
  expect(
    counts
      .map(({ project_id, label_key, open, completed }) => `${project_id} ${label_key} ${open} ${completed}`)
      .sort(),
  ).toEqual(counted.sort());
}

/** Compares how many comments each task has, and when it was completed last, with its comments and completions. */
async function checkParts(folder: string) {
  const kept = await query(folder, "select id, comment_count, last_completed_at from tasks order by id");
  const counted = await query(
    folder,
    `select id, (select count(*) from comments where task_id = tasks.id and comments.project_id = tasks.project_id
      and comments.deleted_at is null) as comment_count, (select max(completed_at) from completions
      where task_id = tasks.id and completions.project_id = tasks.project_id) as last_completed_at from tasks order by id`,
  );
  const shown = (rows: Record<string, unknown>[]) =>
    rows.map(({ id, comment_count, last_completed_at }) => [id, Number(comment_count), String(last_completed_at)]);
  expect(shown(kept)).toEqual(shown(counted));
  const [lost] = await query(
    folder,
    "select count(*) as lost from completions where task_id not in (select id from tasks)",
  );
  expect(Number(lost?.lost)).toBe(0);
}

it("keeps the counts of tasks through every action, undo, purge and the deletion of the account", async () => {
  using folder = dataFolder();
  const url = await databaseUrl(folder.path);
  const place = databasePlace(url);
  if (typeof place === "string") throw new Error(place);
  const db = await openPlace(place);
  const services = createServices(db, { limits: { signUpsPerHour: 300, streamsPerAddress: 500 } });
  const actors = await Promise.all(
    ["ada", "bob"].map(async (username): Promise<Actor> => {
      const person = { username, email: `${username}@example.org`, password: "a long enough phrase" };
      const user = await services.accounts.register(person, "token");
      const actor = async () =>
        ({
          user,
          sessionId: "",
          through: "token",
          timeZone: "UTC",
          access: await services.policy.accessOf(user.id),
        }) as const;
      for (const name of ["One", "Two"]) await services.projects.createProject(await actor(), { name });
      return actor();
    }),
  );
  const check = async () => {
    expect(await readCounts(folder.path, KEPT)).toEqual(await readCounts(folder.path, COUNTED));
    await checkLabels(folder.path);
    await checkParts(folder.path);
  };

  for (const [seed, actor] of actors.entries()) {
    const random = randomOf(seed + 1);
    for (let step = 0; step < 300; step++) {
      await act(services, actor, random).catch((error) => expect(error).toHaveProperty("name", "AppError"));
      if (step % 50 === 0) await check();
    }
    await check();
    const { open, completed } = await services.tasks.countTasks(actor, {});
    const { items } = await services.tasks.listTasks(actor, { status: "open", limit: 200 });
    expect([items.length, open > 0, completed > 0]).toEqual([open, true, true]);
  }

  await tamper(folder.path, {
    sqlite: "update tasks set deleted_at = 1000 where deleted_at is not null",
    postgres: "update tasks set deleted_at = '2001-01-01' where deleted_at is not null",
  });
  expect(await services.changes.purgeTrash()).toBeGreaterThan(0);
  await check();

  await services.accounts.remove("ada");
  await check();
  const counted = await query(folder.path, "select distinct project_id from task_counts");
  expect(counted.map((row) => String(row.project_id)).sort()).toEqual([...(actors[1]?.access.projects.keys() ?? [])]);
  await db.close();
});
