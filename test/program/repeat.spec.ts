import { describe, expect, it } from "bun:test";
import fc from "fast-check";
import { advance, nextDate, repeatProblem } from "../../src/features/tasks/repeat.ts";
import { presetsFor, WEEKDAYS } from "../../src/text/repeat-rule.ts";
import { repeatWords } from "../../src/text/repeat-words.ts";

const day = (text: string) => Temporal.PlainDate.from(text);

/** The parts of a rule, as this spec generates them. */
interface Parts {
  FREQ: string;
  INTERVAL?: number | undefined;
  BYDAY?: string[] | undefined;
  BYMONTHDAY?: number[] | undefined;
  BYMONTH?: number[] | undefined;
  BYSETPOS?: number[] | undefined;
  WKST?: string | undefined;
}

const ruleOf = (parts: Parts) =>
  Object.entries(parts)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${value}`)
    .join(";");

/** Returns the number of the period that a date is in. */
function periodOf({ FREQ, WKST = "MO" }: Parts, date: Temporal.PlainDate): number {
  if (FREQ === "YEARLY") return date.year;
  if (FREQ === "MONTHLY") return date.year * 12 + date.month;
  const days = day("1900-01-01").until(date).days; // a Monday
  return FREQ === "DAILY" ? days : Math.floor((days - WEEKDAYS.indexOf(WKST as "MO")) / 7);
}

/** Returns whether a date is in the set that a rule describes, by the text of RFC 5545, before BYSETPOS. */
function matches(parts: Parts, start: Temporal.PlainDate, date: Temporal.PlainDate): boolean {
  const { FREQ, INTERVAL = 1, BYDAY, BYMONTHDAY, BYMONTH } = parts;
  if ((periodOf(parts, date) - periodOf(parts, start)) % INTERVAL !== 0) return false;
  if (BYMONTH && !BYMONTH.includes(date.month)) return false;
  const monthDays = BYMONTHDAY?.map((each) => (each < 0 ? date.daysInMonth + 1 + each : each));
  if (monthDays && !monthDays.includes(date.day)) return false;
  const inYear = FREQ === "YEARLY" && !BYMONTH;
  const position = inYear ? date.dayOfYear : date.day;
  const length = inYear ? date.daysInYear : date.daysInMonth;
  const nth = [Math.ceil(position / 7), -Math.ceil((length - position + 1) / 7)];
  const isNamed = BYDAY?.some((entry) => {
    const number = Number(entry.slice(0, -2));
    return entry.slice(-2) === WEEKDAYS[date.dayOfWeek - 1] && (number === 0 || nth.includes(number));
  });
  if (BYDAY && !isNamed) return false;
  if (FREQ === "WEEKLY" && !BYDAY) return date.dayOfWeek === start.dayOfWeek;
  if (FREQ === "MONTHLY" && !BYDAY && !BYMONTHDAY) return date.day === start.day;
  if (FREQ === "YEARLY" && !BYDAY && !BYMONTHDAY)
    return date.day === start.day && (BYMONTH ? true : date.month === start.month);
  return true;
}

/** Returns the next date by looking at every day; undefined if there is none in the years to come. */
function nextByLooking(parts: Parts, start: Temporal.PlainDate, after: Temporal.PlainDate): string | undefined {
  const isInPeriod = (period: number) => (each: Temporal.PlainDate) => periodOf(parts, each) === period;
  for (let date = after.add({ days: 1 }), step = 0; step < 4000; step++, date = date.add({ days: 1 })) {
    if (!matches(parts, start, date)) continue;
    if (!parts.BYSETPOS) return date.toString();
    const isSame = isInPeriod(periodOf(parts, date));
    const set: string[] = [];
    for (let each = date.subtract({ days: 366 }); set.length < 400; each = each.add({ days: 1 })) {
      if (isSame(each) && matches(parts, start, each)) set.push(each.toString());
      if (Temporal.PlainDate.compare(each, date) > 0 && !isSame(each)) break;
    }
    const index = set.indexOf(date.toString());
    if (parts.BYSETPOS.some((position) => (position < 0 ? set.length + position : position - 1) === index))
      return date.toString();
  }
  return undefined;
}

const some = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined });
const few = (...numbers: number[]) => fc.uniqueArray(fc.constantFrom(...numbers), { minLength: 1, maxLength: 3 });
const weekdays = fc.uniqueArray(fc.constantFrom<string>(...WEEKDAYS), { minLength: 1, maxLength: 4 });
const numbered = fc.uniqueArray(fc.constantFrom("1MO", "2TU", "-1FR", "3SU", "-2WE", "5SA"), {
  minLength: 1,
  maxLength: 3,
});
const interval = some(fc.integer({ min: 1, max: 6 }));
const monthDays = few(1, 2, 15, 28, 29, 30, 31, -1, -2, -30);
const rules: fc.Arbitrary<Parts> = fc.oneof(
  fc.record({ FREQ: fc.constant("DAILY"), INTERVAL: interval, BYDAY: some(weekdays) }),
  fc.record({
    FREQ: fc.constant("WEEKLY"),
    INTERVAL: interval,
    BYDAY: some(weekdays),
    WKST: some(fc.constantFrom("MO", "SU", "SA")),
  }),
  fc.record({
    FREQ: fc.constantFrom("MONTHLY", "YEARLY"),
    INTERVAL: some(fc.integer({ min: 1, max: 3 })),
    BYDAY: fc.oneof(weekdays, numbered),
    BYMONTH: some(few(1, 2, 6, 12)),
  }),
  fc.record({
    FREQ: fc.constantFrom("MONTHLY", "YEARLY"),
    INTERVAL: some(fc.integer({ min: 1, max: 3 })),
    BYMONTHDAY: some(monthDays),
    BYMONTH: some(few(1, 2, 6, 12)),
  }),
  fc.record({ FREQ: fc.constant("MONTHLY"), BYDAY: weekdays, BYSETPOS: few(1, 2, -1), INTERVAL: interval }),
);
const dates = fc.integer({ min: 0, max: 12_000 }).map((days) => day("2019-12-31").add({ days }));

describe("a repeat", () => {
  it("goes on as a search of every day finds it", () => {
    fc.assert(
      fc.property(rules, dates, fc.integer({ min: 0, max: 900 }), (parts, start, missed) => {
        const rule = ruleOf(parts);
        const after = start.add({ days: missed });
        const expected = nextByLooking(parts, start, after);
        // A rule without a date in the next years is given up earlier or later.
        if (expected === undefined) return;
        expect([rule, nextDate(rule, start.toString(), undefined, after.toString())]).toEqual([
          rule,
          { date: expected, repeat: rule },
        ]);
      }),
      { numRuns: 300 },
    );
  });

  const due = { dueTime: null, timeZone: null, startDate: null, repeatFrom: "dueDate" as const };
  const next = (task: object, now: string, zone = "UTC") =>
    advance({ ...due, dueDate: "2026-11-27", repeat: "FREQ=DAILY", ...task }, zone, Temporal.Instant.from(now));

  it("skips missed dates, and keeps the distance of the start date", () => {
    const weekly = { dueDate: "2026-11-03", startDate: "2026-11-01", repeat: "FREQ=WEEKLY;BYDAY=TU" };
    expect(next(weekly, "2026-11-27T12:00Z")).toMatchObject({ dueDate: "2026-12-01", startDate: "2026-11-29" });
    expect(next(weekly, "2026-11-01T12:00Z")).toMatchObject({ dueDate: "2026-11-10", startDate: "2026-11-08" });
  });

  it("counts from the day of completion if asked to", () => {
    const task = { dueDate: "2026-11-03", repeat: "FREQ=DAILY;INTERVAL=3", repeatFrom: "completion" };
    expect(next(task, "2026-11-27T12:00Z")?.dueDate).toBe("2026-11-30");
    expect(next({ ...task, repeat: "FREQ=WEEKLY" }, "2026-11-27T12:00Z")?.dueDate).toBe("2026-12-04");
  });

  it("ends after COUNT or UNTIL", () => {
    const counted = (count: number, now: string) => next({ repeat: `FREQ=DAILY;COUNT=${count}` }, now);
    expect(counted(3, "2026-11-27T12:00Z")).toMatchObject({ dueDate: "2026-11-28", repeat: "FREQ=DAILY;COUNT=2" });
    expect(counted(3, "2026-11-28T12:00Z")).toMatchObject({ dueDate: "2026-11-29", repeat: "FREQ=DAILY;COUNT=1" });
    expect(counted(3, "2026-11-29T12:00Z")).toBeUndefined();
    expect(counted(1, "2026-11-27T12:00Z")).toBeUndefined();
    expect(next({ repeat: "FREQ=DAILY;UNTIL=20261128" }, "2026-11-27T12:00Z")?.dueDate).toBe("2026-11-28");
    expect(next({ repeat: "FREQ=DAILY;UNTIL=20261128T120000Z" }, "2026-11-28T12:00Z")).toBeUndefined();
  });

  it("is in the future in the zone of its time, else of its reader, across changes of the clock", () => {
    // Today's time is still to come.
    const timed = { dueDate: "2026-11-26", dueTime: "18:00", timeZone: "Europe/Berlin" };
    expect(next(timed, "2026-11-27T16:59Z")?.dueDate).toBe("2026-11-27");
    expect(next(timed, "2026-11-27T17:00Z")?.dueDate).toBe("2026-11-28");
    // In Auckland it is the 28th.
    expect(next({}, "2026-11-27T11:30Z", "Pacific/Auckland")?.dueDate).toBe("2026-11-29");
    expect(next({}, "2026-11-27T11:30Z", "America/Adak")?.dueDate).toBe("2026-11-28");
    // 02:30 does not exist on 29 March 2026, and exists twice on 25 October.
    const night = { dueTime: "02:30", timeZone: "Europe/Berlin" };
    expect(next({ ...night, dueDate: "2026-03-28" }, "2026-03-28T12:00Z")?.dueDate).toBe("2026-03-29");
    expect(next({ ...night, dueDate: "2026-03-29" }, "2026-03-29T12:00Z")?.dueDate).toBe("2026-03-30");
    expect(next({ ...night, dueDate: "2026-10-24" }, "2026-10-24T12:00Z")?.dueDate).toBe("2026-10-25");
    // Apia had no 30 December 2011; on the calendar of a rule it does.
    const apia = { dueDate: "2011-12-29", dueTime: "10:00", timeZone: "Pacific/Apia" };
    expect(next(apia, "2011-12-29T21:00Z")?.dueDate).toBe("2011-12-30");
  });

  it("knows leap days and the ends of months", () => {
    const after = (repeat: string, dueDate: string) => nextDate(repeat, dueDate, undefined, dueDate)?.date;
    expect(after("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "2028-02-29")).toBe("2032-02-29");
    expect(after("FREQ=YEARLY", "2096-02-29")).toBe("2104-02-29");
    expect(after("FREQ=MONTHLY", "2027-01-31")).toBe("2027-03-31");
    expect(after("FREQ=MONTHLY;BYMONTHDAY=-1", "2027-01-31")).toBe("2027-02-28");
  });

  it.each([
    ["2027-01-31", 4, "every month on the last day", ["2027-02-28", "2027-03-31", "2027-04-30"]],
    ["2027-01-30", 4, "every month on the 30th, or on the last day", ["2027-02-28", "2027-03-30", "2027-04-30"]],
    ["2028-01-29", 4, "every month on the 29th, or on the last day", ["2028-02-29", "2028-03-29", "2028-04-29"]],
    ["2027-01-28", 4, "every month on the 28th", ["2027-02-28", "2027-03-28", "2027-04-28"]],
    ["2028-02-29", 5, "every year on the last day in February", ["2029-02-28", "2030-02-28", "2031-02-28"]],
  ])("is offered so that no month is left out: %s", (dueDate, index, words, expected) => {
    const rule = presetsFor(dueDate)[index] ?? "";
    expect(repeatWords(rule)).toBe(words);
    const dates = [dueDate];
    for (const _ of expected) dates.push(nextDate(rule, dates.at(-1) ?? "", undefined, dates.at(-1) ?? "")?.date ?? "");
    expect([rule, ...dates.slice(1)]).toEqual([rule, ...expected]);
  });

  it("is rejected with a reason if it is hostile, impossible or unsupported, in milliseconds", () => {
    const hostile = [
      ["FREQ=SECONDLY", "FREQ"],
      ["FREQ=HOURLY", "FREQ"],
      ["FREQ=DAILY;BYHOUR=1", "BYHOUR"],
      ["FREQ=YEARLY;BYYEARDAY=1", "BYYEARDAY"],
      ["DTSTART=20260101;FREQ=DAILY", "DTSTART"],
      ["DTSTART:20260101\nRRULE:FREQ=DAILY", "RFC 5545"],
      ["FREQ=DAILY;FREQ=DAILY", "twice"],
      ["FREQ=DAILY;INTERVAL=0", "INTERVAL"],
      ["FREQ=DAILY;INTERVAL=1e9", "RFC 5545"],
      ["FREQ=DAILY;INTERVAL=9999", "INTERVAL"],
      ["FREQ=DAILY;COUNT=100000", "COUNT"],
      ["FREQ=DAILY;COUNT=2;UNTIL=20301231", "not both"],
      ["FREQ=DAILY;UNTIL=20269999", "UNTIL"],
      ["FREQ=DAILY;UNTIL=20260101", "before"],
      ["FREQ=WEEKLY;BYDAY=1MO", "BYDAY"],
      ["FREQ=MONTHLY;BYDAY=9MO", "BYDAY"],
      ["FREQ=YEARLY;BYDAY=1MO,SA", "mix"],
      ["FREQ=MONTHLY;BYMONTHDAY=32", "BYMONTHDAY"],
      ["FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30", "no further date"],
      ["FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "no further date"],
      ["FREQ=MONTHLY;BYDAY=5MO;BYMONTHDAY=1", "no further date"],
      ["FREQ=MONTHLY;INTERVAL=12;BYMONTH=2", "no further date"],
      ["FREQ=MONTHLY;BYSETPOS=300;BYDAY=MO", "no further date"],
      ["FREQ=WEEKLY;INTERVAL=366;BYDAY=MO,TU,WE,TH,FR;BYMONTH=2;BYSETPOS=-5", undefined],
      ["FREQ=DAILY;BYDAY=MO;COUNT=100", "too far apart"],
      [`FREQ=DAILY;BYDAY=${"MO,".repeat(100)}TU`, "200 characters"],
      ["FREQ=DAILY".repeat(5000), "200 characters"],
      ["", "RFC 5545"],
      ["every day", "RFC 5545"],
    ] as const;
    for (const [rule, reason] of hostile) {
      const problem = repeatProblem(rule, "2026-11-27");
      if (reason) expect(problem).toContain(reason);
      // The machine may be busy with other specs: the quickest of five tells how long it takes.
      const milliseconds = Array.from({ length: 5 }, () => {
        const started = Bun.nanoseconds();
        repeatProblem(rule, "2026-11-27");
        return (Bun.nanoseconds() - started) / 1e6;
      });
      expect([rule.slice(0, 60), Math.min(...milliseconds) < 15]).toEqual([rule.slice(0, 60), true]);
    }
  });

  it.each([
    ["FREQ=DAILY", "every day"],
    ["FREQ=DAILY;INTERVAL=2", "every second day"],
    ["FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "every weekday"],
    ["FREQ=WEEKLY;BYDAY=TU", "every Tuesday"],
    ["FREQ=WEEKLY;INTERVAL=2;BYDAY=TU", "every second Tuesday"],
    ["FREQ=WEEKLY;INTERVAL=3;BYDAY=MO,TH", "every 3 weeks on Monday and Thursday"],
    ["FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TU,WE,TH,FR", "every second week on weekdays"],
    ["FREQ=MONTHLY;BYMONTHDAY=3", "every month on the 3rd"],
    ["FREQ=MONTHLY;BYMONTHDAY=1,15", "every month on the 1st and 15th"],
    ["FREQ=MONTHLY;BYMONTHDAY=-1", "every month on the last day"],
    ["FREQ=MONTHLY;BYDAY=-1FR", "every month on the last Friday"],
    ["FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "every month on the last weekday"],
    ["FREQ=MONTHLY;BYMONTHDAY=13;BYDAY=FR", "every month on the 13th, if it is Friday"],
    ["FREQ=YEARLY;BYMONTH=5;BYMONTHDAY=3", "every year on 3 May"],
    ["FREQ=YEARLY;BYMONTH=11;BYDAY=4TH", "every year on the 4th Thursday in November"],
    ["FREQ=DAILY;COUNT=5", "every day, 5 times"],
    ["FREQ=DAILY;UNTIL=20261231", "every day, until 31 December 2026"],
    ["nonsense", "nonsense"],
  ])("is shown in words: %s", (rule, words) => {
    expect(repeatWords(rule)).toBe(words);
  });
});
