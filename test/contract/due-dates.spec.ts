import { describe, expect, it } from "bun:test";
import { type Client, signUp } from "../support/client.ts";
import { contractUrl } from "../support/contract.ts";
import { bulk, changesOf, changing, createTask, patchTask, readTask, type Task, undo } from "../support/tasks.ts";

const url = await contractUrl();

const now = Temporal.Now.zonedDateTimeISO("UTC");
/** Returns a date relative to today in UTC. */
const day = (offset: number, zone = "UTC") => Temporal.Now.plainDateISO(zone).add({ days: offset }).toString();

interface Page {
  items: Task[];
  nextCursor: string | null;
  totals: { open: number; completed: number };
}
const list = async (client: Client, query: Record<string, string>): Promise<Page> =>
  (await (await client.send(`/api/tasks?${new URLSearchParams(query)}`)).json()) as Page;
const titles = ({ items }: Page) => items.map(({ title }) => title);
const dates = (task: Task | undefined) =>
  task && [task.dueDate, task.dueTime, task.timeZone, task.startDate, task.repeat];

describe("a due date", () => {
  it("is stored, replaced, removed and undone with what belongs to it", async () => {
    const ada = await signUp(url);
    const task = await createTask(ada, {
      title: "Pay rent",
      dueDate: "2026-12-01",
      dueTime: "09:30",
      startDate: "2026-11-20",
    });
    expect(dates(task)).toEqual(["2026-12-01", "09:30", "UTC", "2026-11-20", null]);
    const moved = await changing(patchTask(ada, task, { dueDate: "2026-11-01" }));
    expect(dates(await readTask(ada, task))).toEqual(["2026-11-01", "09:30", "UTC", null, null]);
    expect((await changesOf(ada))[0]).toMatchObject({
      verb: "update",
      before: { dueDate: "2026-12-01", startDate: "2026-11-20" },
      after: { dueDate: "2026-11-01", startDate: null },
    });
    await changing(undo(ada, moved));
    expect(dates(await readTask(ada, task))).toEqual(dates(task));
    const removed = await changing(patchTask(ada, task, { dueDate: null }));
    expect(dates(await readTask(ada, task))).toEqual([null, null, null, "2026-11-20", null]);
    await changing(undo(ada, removed));
    await ada.send(`/api/tasks/${task.id}`, { method: "PUT", json: { title: "Pay rent" } });
    expect(dates(await readTask(ada, task))).toEqual([null, null, null, null, null]);
  });

  it("takes its time with it when an older change is undone", async () => {
    const ada = await signUp(url);
    const task = await createTask(ada, "Call");
    const dated = await changing(patchTask(ada, task, { dueDate: "2026-12-01" }));
    await changing(patchTask(ada, task, { dueTime: "10:00", timeZone: "asia/kolkata" }));
    expect(dates(await readTask(ada, task))?.[2]).toBe("Asia/Kolkata");
    await changing(undo(ada, dated));
    expect(dates(await readTask(ada, task))).toEqual([null, null, null, null, null]);
  });

  it("gets the time zone of the account with its time", async () => {
    const ada = await signUp(url);
    await ada.send("/api/me", { method: "PATCH", json: { timeZone: "Pacific/Auckland" } });
    const task = await createTask(ada, { title: "Call", dueDate: "2026-12-01", dueTime: "10:00" });
    expect(task.timeZone).toBe("Pacific/Auckland");
    await patchTask(ada, task, { dueTime: null });
    expect((await readTask(ada, task))?.timeZone).toBeNull();
  });

  it.each([
    [{ dueDate: "2026-02-30" }, "/dueDate", "date"],
    [{ dueDate: "3 May" }, "/dueDate", "date"],
    [{ dueDate: "+010000-01-01" }, "/dueDate", "date"],
    [{ dueDate: 5 }, "/dueDate", "date"],
    [{ dueDate: "2026-05-03", dueTime: "24:00" }, "/dueTime", "time"],
    [{ dueDate: "2026-05-03", dueTime: "9:30" }, "/dueTime", "time"],
    [{ dueTime: "09:30" }, "/dueTime", "requires"],
    [{ dueDate: "2026-05-03", dueTime: "09:30", timeZone: "Nowhere/City" }, "/timeZone", "timeZone"],
    [{ dueDate: "2026-05-03", timeZone: "Europe/Berlin" }, "/timeZone", "requires"],
    [{ dueDate: "2026-05-03", startDate: "2026-05-04" }, "/startDate", "order"],
    [{ repeat: "FREQ=DAILY" }, "/repeat", "requires"],
    [{ dueDate: "2026-05-03", repeatFrom: "completion" }, "/repeatFrom", "requires"],
    [{ dueDate: "2026-05-03", repeatFrom: null }, "/repeatFrom", "enum"],
  ])("is rejected by field: %j", async (fields, path, rule) => {
    const response = await (await reader).send("/api/tasks", { json: { title: "x", ...fields } });
    expect(response.status).toBe(422);
    const { errors } = (await response.json()) as { errors: object[] };
    expect(errors).toEqual([{ path, rule, message: expect.stringMatching(/\.$/) }]);
  });
  const reader = signUp(url);

  it("is rejected with every wrong field at once", async () => {
    const json = { title: "", priority: "urgent", dueDate: "2026-02-30", dueTime: "25:00", repeat: "every day" };
    const { errors } = (await (await (await reader).send("/api/tasks", { json })).json()) as {
      errors: { path: string }[];
    };
    expect(errors.map(({ path }) => path).toSorted()).toEqual([
      "/dueDate",
      "/dueTime",
      "/priority",
      "/repeat",
      "/title",
    ]);
  });

  it("is set for many tasks as one action", async () => {
    const ada = await signUp(url);
    const one = await createTask(ada, { title: "One", dueDate: "2026-05-03", dueTime: "10:00" });
    const two = await createTask(ada, "Two");
    const change = await changing(bulk(ada, [one, two], "setDueDate", { dueDate: "2026-06-01" }));
    expect((await list(ada, { sort: "title" })).items.map(dates)).toEqual([
      ["2026-06-01", "10:00", "UTC", null, null],
      ["2026-06-01", null, null, null, null],
    ]);
    await changing(undo(ada, change));
    expect((await list(ada, { sort: "title" })).items.map(({ dueDate }) => dueDate)).toEqual(["2026-05-03", null]);
    await changing(bulk(ada, [one], "setDueDate", { dueDate: null }));
    expect(dates(await readTask(ada, one))).toEqual([null, null, null, null, null]);
    for (const json of [{ action: "setDueDate" }, { action: "complete", dueDate: "2026-06-01" }]) {
      const { errors } = (await (await bulk(ada, [one], json.action, json)).json()) as { errors: { path: string }[] };
      expect(errors.map(({ path }) => path)).toEqual(["/dueDate"]);
    }
  });
});

describe("lists by date", () => {
  it("are overdue, today and upcoming in the reader's time zone, at any hour", async () => {
    // In one of these zones it is another day than in UTC.
    for (const zone of ["UTC", "Pacific/Kiritimati", "Etc/GMT+12"]) {
      const ada = await signUp(url);
      await ada.send("/api/me", { method: "PATCH", json: { timeZone: zone } });
      const local = Temporal.Now.zonedDateTimeISO(zone);
      const at = (moment: Temporal.ZonedDateTime, timeZone: string) => {
        const there = moment.withTimeZone(timeZone);
        return {
          dueDate: there.toPlainDate().toString(),
          dueTime: there.toPlainTime().toString({ smallestUnit: "minute" }),
          timeZone,
        };
      };
      const tomorrow = local.startOfDay().add({ days: 1 });
      await createTask(ada, { title: "yesterday", dueDate: day(-1, zone) });
      await createTask(ada, { title: "today", dueDate: day(0, zone) });
      await createTask(ada, { title: "not started", dueDate: day(0, zone), startDate: day(0, zone) });
      await createTask(ada, { title: "tomorrow", dueDate: day(1, zone) });
      await createTask(ada, { title: "minutes ago", ...at(local.subtract({ minutes: 2 }), "Asia/Kolkata") });
      await createTask(ada, { title: "last minute", ...at(tomorrow.subtract({ minutes: 1 }), "Pacific/Apia") });
      await createTask(ada, { title: "first minute", ...at(tomorrow, "America/Adak") });
      await createTask(ada, { title: "done", dueDate: day(0, zone), completed: true });
      await createTask(ada, "never");
      const today = await list(ada, { due: "today" });
      const late = local.hour * 60 + local.minute < 2 ? ["minutes ago", "yesterday"] : ["yesterday", "minutes ago"];
      expect([zone, titles(today)]).toEqual([zone, [...late, "last minute", "today", "not started"]]);
      expect(today.totals).toEqual({ open: 5, completed: 1 });
      expect([zone, titles(await list(ada, { due: "overdue" })).sort()]).toEqual([zone, ["minutes ago", "yesterday"]]);
      expect([zone, titles(await list(ada, { due: "upcoming" }))]).toEqual([zone, ["first minute", "tomorrow"]]);
      expect(titles(await list(ada, { dueFrom: day(1, zone), dueTo: day(1, zone) }))).toEqual([
        "first minute",
        "tomorrow",
      ]);
      expect(titles(await list(ada, { due: "today", sort: "title" }))[0]).toBe("last minute");
      const { items } = await list(ada, { due: "today", q: "not started" });
      await patchTask(ada, items[0] as Task, { dueDate: day(3, zone), startDate: day(2, zone) });
      await patchTask(ada, items[0] as Task, { title: "later" });
      expect(titles(await list(ada, { due: "today", status: "all" }))).toContain("done");
    }
  });

  it("leave out of Today what starts later", async () => {
    const ada = await signUp(url);
    await ada.send("/api/me", { method: "PATCH", json: { timeZone: "UTC" } });
    const task = await createTask(ada, { title: "Later", dueDate: day(0) });
    await patchTask(ada, task, { dueDate: day(5), startDate: day(1) });
    expect((await list(ada, { due: "today" })).totals.open).toBe(0);
    expect(titles(await list(ada, { due: "upcoming" }))).toEqual(["Later"]);
  });

  it("put on Today what has started and is not due, after what is", async () => {
    const ada = await signUp(url);
    await ada.send("/api/me", { method: "PATCH", json: { timeZone: "UTC" } });
    await createTask(ada, { title: "Started today", startDate: day(0) });
    const { id } = await createTask(ada, { title: "Started before", startDate: day(-3) });
    await createTask(ada, { title: "Starts later", startDate: day(1) });
    await createTask(ada, { title: "Done", startDate: day(0), completed: true });
    await createTask(ada, { title: "Due", dueDate: day(0) });
    const all = ["Due", "Started before", "Started today"];
    const today = await list(ada, { due: "today" });
    expect([titles(today), today.totals]).toEqual([all, { open: 3, completed: 0 }]);
    const paged: string[] = [];
    for (let cursor: string | null = ""; cursor !== null; ) {
      const page: Page = await list(ada, { due: "today", limit: "1", ...(cursor && { cursor }) });
      paged.push(...titles(page));
      cursor = page.nextCursor;
    }
    expect(paged).toEqual(all);
    expect(titles(await list(ada, { due: "today", sort: "title" }))).toEqual(all);
    for (const due of ["overdue", "upcoming"]) expect([due, titles(await list(ada, { due }))]).toEqual([due, []]);
    expect(titles(await list(ada, { dueFrom: day(-9) }))).toEqual(["Due"]);
    await patchTask(ada, { id }, { completed: true });
    expect(titles(await list(ada, { due: "today" }))).toEqual(["Due", "Started today"]);
  });

  it("are read page by page, in each order, without gaps or repeats", async () => {
    const ada = await signUp(url);
    await ada.send("/api/me", { method: "PATCH", json: { timeZone: "Pacific/Auckland" } });
    const zones = ["UTC", "Pacific/Auckland", "America/Los_Angeles"];
    const made = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        createTask(ada, {
          title: `Task ${index}`,
          ...(index % 4 !== 3 && {
            dueDate: now
              .toPlainDate()
              .add({ days: index % 5 })
              .toString(),
          }),
          ...(index % 4 === 1 && { dueTime: `${String(index % 24).padStart(2, "0")}:30`, timeZone: zones[index % 3] }),
          completed: index % 7 === 6,
        }),
      ),
    );
    const pages = async (query: Record<string, string>, limit: string) => {
      const seen: Task[] = [];
      for (let cursor: string | null = ""; cursor !== null; ) {
        const page: Page = await list(ada, { ...query, limit, ...(cursor && { cursor }) });
        seen.push(...page.items);
        cursor = page.nextCursor;
      }
      return seen.map(({ id }) => id);
    };
    for (const query of [{}, { status: "open" }, { dueFrom: day(1) }] as Record<string, string>[])
      for (const order of ["asc", "desc"]) {
        const whole = await pages({ sort: "dueDate", order, ...query }, "200");
        expect(await pages({ sort: "dueDate", order, ...query }, "3")).toEqual(whole);
        expect(new Set(whole).size).toBe(whole.length);
        if (query === undefined || Object.keys(query).length === 0) expect(whole).toHaveLength(made.length);
      }
    const undated = new Set(made.filter(({ dueDate }) => dueDate === null).map(({ id }) => id));
    for (const order of ["asc", "desc"]) {
      const ids = await pages({ sort: "dueDate", order }, "7");
      expect(ids.slice(-undated.size).every((id) => undated.has(id))).toBe(true);
    }
  });

  it.each(["due=later", "dueFrom=2026-13-01", "dueTo=soon", "sort=dueDate&cursor=WyJkdWVEYXRlIl0"])(
    "reject a wrong parameter by name: %s",
    async (query) => {
      const response = await (await reader).send(`/api/tasks?${query}`);
      expect(response.status).toBe(422);
      const { errors } = (await response.json()) as { errors: { path: string }[] };
      const [, name] = /(\w+)=[^&]*$/.exec(query) ?? [];
      expect(errors.map(({ path }) => path)).toEqual([`/${name}`]);
    },
  );
  const reader = signUp(url);
});

describe("a repeating task", () => {
  it("moves to its next date when it is completed, records that, and is undone in one step", async () => {
    const ada = await signUp(url);
    const task = await createTask(ada, {
      title: "Water the plants",
      dueDate: day(-10),
      startDate: day(-11),
      repeat: " rrule:freq=weekly",
    });
    expect(task.repeat).toBe("FREQ=WEEKLY");
    const completed = await patchTask(ada, task, { completed: true });
    const moved = (await completed.clone().json()) as Task;
    expect(moved).toMatchObject({ completed: false, completedAt: null, dueDate: day(4), startDate: day(3) });
    expect(Date.parse(moved.lastCompletedAt ?? "")).toBeCloseTo(Date.now(), -5);
    expect((await changesOf(ada))[0]).toMatchObject({
      verb: "complete",
      before: { dueDate: day(-10), startDate: day(-11), lastCompletedAt: null },
      after: { dueDate: day(4), startDate: day(3), lastCompletedAt: moved.lastCompletedAt },
    });
    const undone = await changing(undo(ada, await changing(completed)));
    expect(await readTask(ada, task)).toMatchObject({ dueDate: day(-10), startDate: day(-11), lastCompletedAt: null });
    expect((await changesOf(ada))[0]).toMatchObject({ verb: "reopen" });
    await changing(undo(ada, undone));
    expect(await readTask(ada, task)).toMatchObject({ dueDate: day(4), lastCompletedAt: moved.lastCompletedAt });
    await changing(bulk(ada, [task], "complete"));
    expect(await readTask(ada, task)).toMatchObject({ completed: false, dueDate: day(11) });
  });

  it("moves once when two complete the same occurrence", async () => {
    const ada = await signUp(url);
    const task = await createTask(ada, { title: "Water", dueDate: day(0), repeat: "FREQ=WEEKLY" });
    const { headers } = await ada.send(`/api/tasks/${task.id}`);
    const complete = () =>
      ada.send(`/api/tasks/${task.id}`, {
        method: "PATCH",
        json: { completed: true },
        headers: { "if-match": headers.get("etag") ?? "" },
      });
    const responses = await Promise.all([complete(), complete()]);
    expect(responses.map(({ status }) => status).toSorted()).toEqual([200, 412]);
    expect((await readTask(ada, task))?.dueDate).toBe(day(7));
  });

  it("is completed when its rule ends, and can be reopened", async () => {
    const ada = await signUp(url);
    const task = await createTask(ada, { title: "Antibiotics", dueDate: day(0), repeat: "FREQ=DAILY;COUNT=2" });
    await changing(patchTask(ada, task, { completed: true }));
    expect(await readTask(ada, task)).toMatchObject({
      completed: false,
      dueDate: day(1),
      repeat: "FREQ=DAILY;COUNT=1",
    });
    await changing(patchTask(ada, task, { completed: true }));
    expect(await readTask(ada, task)).toMatchObject({ completed: true, dueDate: day(1), repeat: "FREQ=DAILY;COUNT=1" });
    await changing(patchTask(ada, task, { completed: false }));
    expect(await readTask(ada, task)).toMatchObject({ completed: false, dueDate: day(1) });
  });

  it("loses its repeat with its due date, and rejects a wrong rule by field", async () => {
    const ada = await signUp(url);
    const task = await createTask(ada, {
      title: "Call",
      dueDate: day(0),
      repeat: "FREQ=DAILY",
      repeatFrom: "completion",
    });
    await changing(patchTask(ada, task, { dueDate: null }));
    expect(await readTask(ada, task)).toMatchObject({ repeat: null, repeatFrom: "dueDate" });
    for (const repeat of ["FREQ=HOURLY", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "every day", ""]) {
      const { errors } = (await (await patchTask(ada, task, { dueDate: day(0), repeat })).json()) as {
        errors: object[];
      };
      expect(errors).toEqual([expect.objectContaining({ path: "/repeat", message: expect.stringMatching(/\.$/) })]);
    }
  });
});
