import { describe, expect, it, setDefaultTimeout } from "bun:test";
import { signUp } from "../support/client.ts";
import { startProgram } from "../support/program.ts";
import { restoreTask } from "../support/tasks.ts";

setDefaultTimeout(180_000);

/** Not in the contract, as many proxies respond to these paths themselves. */
describe("malformed path", () => {
  it.each(["%00", "%E0%A4%A", "..%2f.."])("returns 404: %s", async (id) => {
    await using program = await startProgram();
    const ada = await signUp(program.url);
    expect((await ada.send(`/api/tasks/${id}`)).status).toBe(404);
    expect((await restoreTask(ada, { id })).status).toBe(404);
  });
});
