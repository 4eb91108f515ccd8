import { afterAll, describe, expect, it, setDefaultTimeout } from "bun:test";
import { send, signUp } from "../support/client.ts";
import { runProgram, startProgram } from "../support/program.ts";

setDefaultTimeout(180_000);

const program = await startProgram();
afterAll(() => program[Symbol.asyncDispose]());
const { url } = program;

const user = (verb: "disable" | "enable", name: string) =>
  runProgram(["user", verb, name], { DATA_DIR: program.dataDir });

function signIn({ username, password }: { username: string; password: string }) {
  return send(url, "/login", { method: "POST", body: new URLSearchParams({ username, password }) });
}

/** Signs up with a token and a cookie. @returns the account, and a function for the statuses that both get */
async function member() {
  const person = await signUp(url);
  const cookie = ((await signIn(person)).headers.get("set-cookie") ?? "").split(";")[0] ?? "";
  const statuses = async () => {
    const byToken = await person.send("/api/tasks");
    const byCookie = await send(url, "/api/tasks", { headers: { cookie } });
    const page = await send(url, "/tasks", { headers: { cookie } });
    return [byToken.status, byCookie.status, page.status];
  };
  return { person, statuses };
}

describe("disabled account", () => {
  it("loses access immediately, and regains it with all data after it is enabled", async () => {
    const { person, statuses } = await member();
    await person.send("/api/tasks", { json: { title: "Stays" } });
    expect(await statuses()).toEqual([200, 200, 200]);

    expect(await user("disable", person.username)).toMatchObject({ code: 0, stderr: "" });
    expect(await statuses()).toEqual([401, 401, 303]);
    expect((await person.send("/api/tasks", { json: { title: "Too late" } })).status).toBe(401);

    expect(await user("enable", person.username)).toMatchObject({ code: 0, stderr: "" });
    expect(await statuses()).toEqual([200, 200, 200]);
    expect(await (await person.send("/api/tasks")).json()).toMatchObject({ items: [{ title: "Stays" }] });
    expect((await signIn(person)).status).toBe(303);
  });

  it("is reported as disabled only with the right password", async () => {
    const { person } = await member();
    await user("disable", person.username);
    const { username, email, password } = person;
    const answer = async (name: string, phrase: string) => {
      const response = await send(url, "/api/login", { json: { username: name, password: phrase } });
      const { detail } = (await response.json()) as { detail: string };
      return { status: response.status, detail };
    };
    expect(await answer(username, password)).toMatchObject({ status: 403, detail: expect.stringMatching(/disabled/) });
    expect(await answer(email, password)).toMatchObject({ status: 403, detail: expect.stringMatching(/disabled/) });
    const wrong = await answer(username, "another long phrase");
    expect(wrong).toEqual(await answer("unknown-user", "another long phrase"));
    expect(wrong).toMatchObject({ status: 401, detail: expect.not.stringMatching(/disabled/) });

    const page = await signIn(person);
    expect(page.status).toBe(403);
    expect(page.headers.has("set-cookie")).toBe(false);
    expect(await page.text()).toMatch(/disabled/);
  });

  it("can be named in any case and disabled twice", async () => {
    const { person, statuses } = await member();
    expect((await user("disable", person.username.toUpperCase())).code).toBe(0);
    expect((await user("disable", person.username)).code).toBe(0);
    expect(await statuses()).toEqual([401, 401, 303]);
  });

  it("does not affect other accounts", async () => {
    const [out, other] = await Promise.all([member(), member()]);
    await user("disable", out.person.username);
    expect(await out.statuses()).toEqual([401, 401, 303]);
    expect(await other.statuses()).toEqual([200, 200, 200]);
  });
});
