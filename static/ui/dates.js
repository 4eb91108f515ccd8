// Dates follow the reader's time zone, and an open page updates them at midnight.
import { rereadPage } from "../changes/live-page.js";
import { address } from "./address.js";
import { describeDate } from "./describe-date.js";
import { find, findAll, targetOf } from "./dom.js";

const MINUTE_MS = 60_000;

/** What the page shows: the server has rendered it for this time zone and day. */
const shown = document.documentElement.dataset;
/** The time zone of the account; undefined if it matches the browser. */
let chosen = "matchBrowser" in shown ? undefined : shown.timeZone;

const browserZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

/** Returns the date and the time of day in a time zone. @param {Date} date @param {string} timeZone */
function inZone(date, timeZone) {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
  });
  const { year, month, day, hour, minute } = Object.fromEntries(
    format.formatToParts(date).map(({ type, value }) => [type, value]),
  );
  return { date: `${year?.padStart(4, "0")}-${month}-${day}`, time: `${hour}:${minute}` };
}

/** Returns how the account writes dates. @returns {Pick<import("../../src/text/dates.ts").DateStyle, "dateFormat" | "timeFormat">} */
const style = () => JSON.parse(shown.dates ?? "{}");

/** Returns the parts of a date. @param {string} date such as 2026-05-03 */
function partsOf(date) {
  const [year = 0, month = 0, day = 0] = date.split("-").map(Number);
  return { year, month, day };
}

/** Returns the date and time of an element. @param {HTMLElement} element @param {string} timeZone */
function momentOf(element, timeZone) {
  const moment = element.getAttribute("datetime") ?? "";
  return moment.includes("T") ? inZone(new Date(moment), timeZone) : { date: moment, time: undefined };
}

/** Marks what is overdue by now. @param {string} timeZone @param {string} today */
function markOverdue(timeZone, today) {
  const minute = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS;
  for (const element of findAll(".task-due time")) {
    const { date, time } = momentOf(element, timeZone);
    const isOver = time === undefined ? date < today : Date.parse(element.getAttribute("datetime") ?? "") < minute;
    const isDone = element.closest("[data-completed]");
    element.closest(".task-due")?.toggleAttribute("data-overdue", isOver && !isDone);
  }
}

/** Describes the dates again if another day or time zone has begun. */
function update() {
  const timeZone = chosen ?? browserZone();
  const today = inZone(new Date(), timeZone).date;
  const isMoved = timeZone !== shown.timeZone;
  markOverdue(timeZone, today);
  if (!isMoved && today === shown.today) return;
  Object.assign(shown, { timeZone, today });
  for (const element of findAll("time[data-relative]")) {
    const isDue = "due" in element.dataset;
    const { date, time } = momentOf(element, timeZone);
    const { text, title } = describeDate(partsOf(date), time, { ...style(), today: partsOf(today), timeZone, isDue });
    element.textContent = text;
    element.title = title;
  }
  if (isMoved && chosen === undefined) void report(timeZone);
  else showDay();
}

/** Loads the list again: the tasks of another day are on Today now. */
const showDay = () => find("#task-list") && document.dispatchEvent(new Event("taskflow:day"));

/** Reports the browser's time zone to the server, which stores it in a cookie. @param {string} timeZone */
async function report(timeZone) {
  const response = await fetch(address("/time-zone"), {
    method: "POST",
    body: new URLSearchParams({ timeZone }),
  }).catch(() => undefined);
  if (!response?.ok) return;
  // The activity and some lists are grouped by day, and days begin and end elsewhere now.
  await rereadPage();
  showDay();
}

/** Calls `update` as each minute begins. A timer for midnight would be late after the computer has slept. */
function updateEachMinute() {
  update();
  setTimeout(updateEachMinute, MINUTE_MS - (Date.now() % MINUTE_MS));
}

updateEachMinute();
addEventListener("visibilitychange", update);
addEventListener("pageshow", update);

// A chosen time zone applies at once.
addEventListener("change", (event) => {
  const field = targetOf(event);
  if (!(field instanceof HTMLSelectElement) || field.name !== "timeZone") return;
  chosen = field.value || undefined;
  update();
});
