import type { PropsWithChildren } from "@kitajs/html";
import { assetUrl } from "../../src/http/assets.ts";
import type { Frame } from "../../src/http/pages.ts";
import { GROUND } from "../../src/http/theme.ts";
import { Icon } from "./icon.tsx";
import { Dock, SideBar } from "./side-bar.tsx";
import { Toast } from "./toast.tsx";

declare global {
  namespace JSX {
    interface HtmlMetaTag {
      media?: string;
    }
  }
}

interface LayoutProps {
  title: string;
  frame: Frame;
  /** Shows neither a name nor a link to sign in, as on the page of an error: the visitor is not known there. */
  bare?: boolean;
  /** The address of the current place in the side bar; by default that of the page. */
  current?: string;
  /** Where the skip link leads. */
  skipTo?: { id: string; label: string };
  /** Style sheets and scripts of this page alone. */
  head?: JSX.Element;
}

/** Returns the title of a browser tab. */
export const pageTitle = (title: string) => `${title} · TaskFlow`;

/** The layout of every page, in reading order. */
export async function Layout({
  title,
  frame: { theme, calendar, actor, position, formKey, flash, navigate, path },
  bare = false,
  current = path,
  skipTo = { id: "main", label: "Skip to content" },
  head,
  children,
}: PropsWithChildren<LayoutProps>) {
  const groups = (actor && (await navigate?.(actor))) ?? [];
  return (
    <html
      lang="en"
      data-theme={theme}
      data-time-zone={calendar.timeZone}
      data-today={calendar.today.toString()}
      data-dates={JSON.stringify({ dateFormat: calendar.dateFormat, timeFormat: calendar.timeFormat })}
      data-match-browser={actor?.user.timeZone ? undefined : ""}
    >
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content={theme === "auto" ? "light dark" : theme} />
        <meta
          name="htmx-config"
          content='{"includeIndicatorCSS":false,"defaultTimeout":20000,"morphIgnore":["data-htmx-powered","open"]}'
        />
        <title safe>{pageTitle(title)}</title>
        <ThemeColors theme={theme} />
        <link rel="icon" href={assetUrl("favicon.svg")} type="image/svg+xml" />
        <link rel="apple-touch-icon" href={assetUrl("icon.png")} />
        <link rel="manifest" href={assetUrl("app.webmanifest")} />
        <link rel="stylesheet" href={assetUrl("bootstrap.css")} />
        <link rel="stylesheet" href={assetUrl("app.css")} />
        <script src={assetUrl("htmx.js")} defer></script>
        <script src={assetUrl("app.js")} type="module"></script>
        {head as "safe"}
      </head>
      <body
        class={groups.length > 0 ? "has-side" : undefined}
        data-account={actor?.user.id}
        data-change={position}
        data-feed={actor ? assetUrl("feed.js") : undefined}
      >
        <a class="skip-link" href={`#${skipTo.id}`} safe>
          {skipTo.label}
        </a>
        {groups.length > 0 ? <SideBar groups={groups} current={current} /> : <TopBar bare={bare} />}
        <main id="main" class="page" tabindex="-1">
          {children}
        </main>
        {groups.length > 0 ? <Dock groups={groups} current={current} /> : null}
        <div class="notices">
          {actor ? (
            <section id="waiting" class="notice waiting" aria-label="Changes that are not saved yet" hidden>
              <details>
                <summary>
                  <span id="waiting-count" role="status" />
                </summary>
                <ul id="waiting-list" />
              </details>
            </section>
          ) : null}
          <div id="connection" class="notice" role="status" hidden>
            <Icon name="wifi-off" />{" "}
            <span>
              {actor ? "You're offline. Changes are saved when you reconnect." : "You're offline. Reconnecting…"}
            </span>
          </div>
          {actor ? (
            <div id="signed-out" class="notice" role="status" hidden>
              <Icon name="exclamation" />{" "}
              <span>
                You are signed out. Your edits are still here:{" "}
                <a href="/login" target="_blank" rel="noopener">
                  sign in again in another tab
                </a>
                , then continue.
              </span>
            </div>
          ) : null}
        </div>
        <div id="toasts" class="toasts" role="status" aria-live="polite" hx-sync="this:queue all">
          {flash ? <Toast inPage formKey={formKey} {...flash} /> : null}
        </div>
      </body>
    </html>
  );
}

/** The header of a page without an account. */
const TopBar = ({ bare }: { bare: boolean }) => (
  <header class="topbar">
    <a class="brand" href="/">
      <span class="brand-mark" aria-hidden="true">
        <Icon name="check" />
      </span>
      TaskFlow
    </a>
    {!bare && (
      <nav aria-label="Account">
        <a class="quiet-link" href="/login">
          Sign in
        </a>
      </nav>
    )}
  </header>
);

/** The color that the browser draws around the page. */
const ThemeColors = ({ theme }: Pick<Frame, "theme">) =>
  theme === "auto" ? (
    <>
      <meta name="theme-color" content={GROUND.light} media="(prefers-color-scheme: light)" />
      <meta name="theme-color" content={GROUND.dark} media="(prefers-color-scheme: dark)" />
    </>
  ) : (
    <meta name="theme-color" content={GROUND[theme]} />
  );
