import type { Actor } from "../actor.ts";
import { type Calendar, calendarIn, timeZoneOf } from "../calendar.ts";
import type { Cookies } from "./cookies.ts";

const COOKIE = "time-zone";
const MAX_AGE = 365 * 24 * 60 * 60;

/** Returns the time zone that the browser has reported, else UTC. */
export const browserTimeZone = (request: Request, cookies: Cookies): string =>
  timeZoneOf(cookies.read(request, COOKIE) ?? "") ?? "UTC";

/** Returns the reader's calendar: in the time zone of their account, else that of the browser, else UTC. */
export const readCalendar = (request: Request, cookies: Cookies, actor?: Actor): Calendar =>
  calendarIn(actor?.timeZone ?? browserTimeZone(request, cookies), actor?.user);

/** The cookie that stores the time zone of the browser. Its script reports it. */
export const timeZoneCookie = (request: Request, cookies: Cookies, timeZone: string) =>
  cookies.write(request, COOKIE, timeZone, MAX_AGE);
