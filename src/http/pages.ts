import { html } from "@elysiajs/html";
import { type Context, Elysia } from "elysia";
import type { Actor } from "../actor.ts";
import type { Calendar } from "../calendar.ts";
import { readCalendar, timeZoneCookie } from "./calendar.ts";
import { changeHeader } from "./change-header.ts";
import type { Cookies } from "./cookies.ts";
import { createFlash, type Flash } from "./flash.ts";
import { isFragment } from "./htmx.ts";
import type { IconName } from "./icons.ts";
import { seeOther } from "./redirect.ts";
import { readTheme, type Theme, themeCookie } from "./theme.ts";

/** A place in the side bar. */
export interface NavigationLink {
  readonly href: string;
  readonly label: string;
  readonly icon: IconName;
  /** The color of a project. */
  readonly color?: string | undefined;
  /** How many open tasks it has. */
  readonly count?: number;
}

/** Places that belong together. The last group is at the foot of the side bar. */
export interface NavigationGroup {
  readonly heading?: { readonly label: string; readonly href: string };
  readonly links: readonly NavigationLink[];
}

/** Reads the side bar of an account. */
export type Navigate = (actor: Actor) => Promise<readonly NavigationGroup[]>;

/** What the layout of every page shows. */
export interface Frame {
  readonly theme: Theme;
  readonly calendar: Calendar;
  /** The message of the action before, if it was a plain form. */
  readonly flash?: Flash | undefined;
  readonly actor?: Actor | undefined;
  /** The position that the page shows; live updates continue after it. */
  readonly position?: string | undefined;
  /** The key of the page's forms: a form that is sent twice takes effect once. */
  readonly formKey?: string;
  readonly navigate?: Navigate;
  /** The path of the page. */
  readonly path?: string;
}

/** The result of an action: what to say, what takes it back, and how to show it. */
interface ActionResult {
  readonly message: string;
  /** The change that Undo takes back. */
  readonly change?: number | undefined;
  /** The page that a plain form returns to. */
  readonly back: string;
  /** The parts of the page that changed, for htmx. */
  readonly fragment: () => JSX.Element | Promise<JSX.Element>;
}

interface ActionContext {
  readonly request: Request;
  readonly set: Context["set"];
  readonly html: (markup: JSX.Element) => unknown;
}

export type Pages = ReturnType<typeof createPages>;

/** Adds `html(markup)`, which alone sends HTML: text that looks like markup stays text. */
export const htmlResponses = html({ autoDetect: false, contentType: "text/html; charset=utf-8" });

/** Returns what page routes share. */
export function createPages(cookies: Cookies, navigate: Navigate) {
  const flash = createFlash(cookies);

  return {
    /**
     * Gives the routes after it `html(markup)` and the `frame` of their page. Belongs after the guard.
     */
    plugin: new Elysia({ name: "pages" })
      .use(htmlResponses)
      .derive(function pageFrame({ request, set, actor }: FrameContext) {
        const shown = request.method === "GET" && !isFragment(request) ? flash.read(request) : undefined;
        if (shown) set.headers["set-cookie"] = flash.clear(request);
        // A page comes from memory while nothing has changed; what its forms do is a change.
        const position = actor?.access.position;
        const formKey = position === undefined ? Bun.randomUUIDv7() : Bun.hash(position).toString(36);
        const frame: Frame = {
          theme: readTheme(request, cookies),
          calendar: readCalendar(request, cookies, actor),
          flash: shown,
          actor,
          position,
          formKey,
          navigate,
          path: pathShown(request),
        };
        return { frame };
      })
      .as("scoped"),

    /** Responds to an action: a plain form gets a flash message and a redirect, htmx the changed parts of the page. */
    async respondToAction({ request, set, html }: ActionContext, result: ActionResult) {
      const { message, change, back, fragment } = result;
      if (!isFragment(request)) return seeOther(request, back, [flash.write(request, { message, undo: change })]);
      Object.assign(set.headers, changeHeader(change));
      return html(await fragment());
    },

    /** Redirects a plain form to a page that shows a message. */
    redirectWithMessage: (request: Request, back: string, message: string, undo?: number) =>
      seeOther(request, back, [flash.write(request, { message, undo })]),

    navigate,

    themeCookie: (request: Request, theme: Theme) => themeCookie(request, cookies, theme),

    timeZoneCookie: (request: Request, timeZone: string) => timeZoneCookie(request, cookies, timeZone),
  };
}

/** Returns the path of the page that shows the response: of htmx's page, or of the requested one. */
function pathShown(request: Request): string {
  const page = isFragment(request) ? (request.headers.get("hx-current-url") ?? "") : request.url;
  return URL.canParse(page) ? new URL(page).pathname : "";
}

/** A guard before the plugin adds the actor. */
interface FrameContext {
  readonly request: Request;
  readonly set: Context["set"];
  readonly actor?: Actor;
}
