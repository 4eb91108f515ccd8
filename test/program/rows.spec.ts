import { afterAll, describe, expect, it, setDefaultTimeout } from "bun:test";
import { signUp } from "../support/client.ts";
import { startProgram } from "../support/program.ts";

setDefaultTimeout(180_000);

const program = await startProgram();
afterAll(() => program[Symbol.asyncDispose]());

/** Returns the row of a task in the list of everything. */
async function rowOf(person: Awaited<ReturnType<typeof signUp>>, id: string): Promise<string> {
  const html = await (await person.send("/tasks?status=all")).text();
  return html.match(new RegExp(`<li[^>]* id="task-${id}".*?</li>`, "s"))?.[0] ?? "";
}

describe("the row of a task", () => {
  it("shows the task as it is after each change, also when it returns to an earlier state", async () => {
    const person = await signUp(program.url);
    const { id } = await (await person.send("/api/tasks", { json: { title: "First", description: "About" } })).json();
    const first = await rowOf(person, id);
    expect(first).toContain("First");
    const patches = [
      [{ title: "Second" }, "Second"],
      [{ description: "Summary" }, "Summary"],
      [{ priority: "medium" }, "Medium priority"],
      [{ priority: "high" }, "High priority"],
      [{ completed: true }, "Done"],
    ] as const;
    for (const [json, shown] of patches) {
      expect(await rowOf(person, id)).not.toContain(shown);
      await person.send(`/api/tasks/${id}`, { method: "PATCH", json });
      expect(await rowOf(person, id)).toContain(shown);
    }
    const before = { title: "First", description: "About", priority: "none", completed: false };
    await person.send(`/api/tasks/${id}`, { method: "PATCH", json: before });
    expect(await rowOf(person, id)).toBe(first);
  });
});
