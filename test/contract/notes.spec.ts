import { describe, expect, it, setDefaultTimeout } from "bun:test";
import { type Client, signUp } from "../support/client.ts";
import { contractUrl } from "../support/contract.ts";
import { changing, createTask, patchTask, readTask, type Task, undo } from "../support/tasks.ts";

setDefaultTimeout(180_000);
const url = await contractUrl();

const LINES = ["one", "two", "three", "four", "five"];
/** Returns lines of which some are replaced. */
const notes = (replaced: Record<number, string> = {}) => LINES.map((line, index) => replaced[index] ?? line).join("\n");

/** Changes a task as a client that has an older version of it. */
const change = (client: Client, { id }: Task, version: number, json: object, method = "PATCH") =>
  client.send(`/api/tasks/${id}`, { method, json, headers: { "if-match": `"${version}"` } });

describe("two edits of one version of a task", () => {
  it("are both kept if they are of different fields", async () => {
    const ada = await signUp(url);
    const task = await createTask(ada, { title: "Plan", labels: ["home"] });
    await patchTask(ada, task, { priority: "high" });
    await patchTask(ada, task, { dueDate: "2026-05-05" });
    const merged = await change(ada, task, 1, { title: "Plan B", labels: ["work"] });
    expect(merged.status).toBe(200);
    expect(merged.headers.get("etag")).toBe('"4"');
    expect(await merged.json()).toMatchObject({
      title: "Plan B",
      labels: ["work"],
      priority: "high",
      dueDate: "2026-05-05",
    });
    // Undo takes back only what this edit has changed.
    await changing(undo(ada, Number(merged.headers.get("taskflow-change"))));
    expect(await readTask(ada, task)).toMatchObject({ title: "Plan", labels: ["home"], priority: "high" });
  });

  it("are rejected if both changed the same field, unless to the same value", async () => {
    const ada = await signUp(url);
    const task = await createTask(ada, { title: "Plan", description: "Long" });
    await patchTask(ada, task, { title: "Plan B", priority: "high" });
    expect((await change(ada, task, 1, { title: "Plan C" })).status).toBe(412);
    expect((await change(ada, task, 1, { title: "Plan B", description: "Longer" })).status).toBe(200);
    // A field that the client did not change stays as it is now.
    const same = await change(ada, task, 1, { title: "Plan", description: "Longer" });
    expect(await same.json()).toMatchObject({ title: "Plan B", description: "Longer", priority: "high" });
    expect((await change(ada, task, 1, {}, "DELETE")).status).toBe(412);
    expect((await change(ada, task, 99, { description: "x" })).status).toBe(412);
    expect((await change(ada, task, 0, { description: "x" })).status).toBe(412);
  });

  it("are merged line by line in the notes", async () => {
    const ada = await signUp(url);
    const task = await createTask(ada, { title: "Plan", description: notes() });
    await patchTask(ada, task, { description: `zero\n${notes({ 3: "FOUR" })}` });
    const merged = await change(ada, task, 1, { description: `${notes({ 1: "TWO" })}\nsix` });
    expect(merged.status).toBe(200);
    expect(await readTask(ada, task)).toMatchObject({ description: `zero\n${notes({ 1: "TWO", 3: "FOUR" })}\nsix` });
    await changing(undo(ada, Number(merged.headers.get("taskflow-change"))));
    expect(await readTask(ada, task)).toMatchObject({ description: `zero\n${notes({ 3: "FOUR" })}` });
  });

  it("are merged where neighboring lines of the notes were changed, and rejected where the same one was", async () => {
    const ada = await signUp(url);
    const task = await createTask(ada, { title: "Plan", description: notes() });
    await patchTask(ada, task, { description: notes({ 1: "TWO" }) });
    expect((await change(ada, task, 1, { description: notes({ 2: "THREE" }) })).status).toBe(200);
    expect(await readTask(ada, task)).toMatchObject({ description: notes({ 1: "TWO", 2: "THREE" }) });
    const late = await change(ada, task, 1, { description: notes({ 1: "2" }), title: "Plan B" });
    expect(late.status).toBe(412);
    expect(await readTask(ada, task)).toMatchObject({ title: "Plan" });
  });

  it("are merged in long notes, of which the log keeps only parts", async () => {
    const ada = await signUp(url);
    const lines = Array.from(
      { length: 100 },
      (_, index) => `Line ${index} of the long notes, which are more than a few words`,
    );
    const task = await createTask(ada, { title: "Plan", description: lines.join("\n") });
    await patchTask(ada, task, { description: lines.with(10, "Ten").join("\n") });
    await patchTask(ada, task, { description: lines.with(10, "Ten").with(20, "Twenty").join("\n") });
    expect((await change(ada, task, 1, { description: lines.with(90, "Ninety").join("\n") })).status).toBe(200);
    const expected = lines.with(10, "Ten").with(20, "Twenty").with(90, "Ninety").join("\n");
    expect(await readTask(ada, task)).toMatchObject({ description: expected });
  });
});
