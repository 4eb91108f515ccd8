import { html } from "@elysiajs/html";
import { type Context, Elysia } from "elysia";
import type { Actor } from "../actor.ts";
import { changeHeader } from "./change-header.ts";
import type { Cookies } from "./cookies.ts";
import { createFlash, type Flash } from "./flash.ts";
import { isFragment } from "./htmx.ts";
import { seeOther } from "./redirect.ts";
import { readTheme, type Theme, themeCookie } from "./theme.ts";

/** What the layout of every page shows. */
export interface Frame {
  readonly theme: Theme;
  /** The message of the action before, if it was a plain form. */
  readonly flash?: Flash | undefined;
  readonly actor?: Actor | undefined;
  /** The newest change that the page shows; live updates continue after it. */
  readonly newestChange?: number | undefined;
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
export function createPages(cookies: Cookies) {
  const flash = createFlash(cookies);

  return {
    /**
     * Gives the routes after it `html(markup)` and the `frame` of their page. Belongs after the guard.
     */
    plugin: new Elysia({ name: "pages" })
      .use(htmlResponses)
      .derive(function pageFrame({ request, set, actor, newestChange }: FrameContext) {
        const shown = request.method === "GET" && !isFragment(request) ? flash.read(request) : undefined;
        if (shown) set.headers["set-cookie"] = flash.clear(request);
        return { frame: { theme: readTheme(request, cookies), flash: shown, actor, newestChange } satisfies Frame };
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
    redirectWithMessage: (request: Request, back: string, message: string) =>
      seeOther(request, back, [flash.write(request, { message })]),

    themeCookie: (request: Request, theme: Theme) => themeCookie(request, cookies, theme),
  };
}

/** A guard before the plugin adds the last two. */
interface FrameContext {
  readonly request: Request;
  readonly set: Context["set"];
  readonly actor?: Actor;
  readonly newestChange?: number;
}
