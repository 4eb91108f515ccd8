import type { PropsWithChildren } from "@kitajs/html";
import { assetUrl } from "../../src/http/assets.ts";
import type { Frame } from "../../src/http/pages.ts";
import { Icon } from "./icon.tsx";
import { Toast } from "./toast.tsx";

interface LayoutProps {
  title: string;
  frame: Frame;
  /** Shows neither a name nor a link to sign in, as on the page of an error: the visitor is not known there. */
  bare?: boolean;
  /** Where the skip link leads. */
  skipTo?: { id: string; label: string };
}

/** Returns the title of a browser tab. */
export const pageTitle = (title: string) => `${title} · TaskFlow`;

/** The layout of every page. `main` stands before the header, so that the first Tab after the skip link leads to the content. */
export function Layout({
  title,
  frame: { theme, actor, newestChange, flash },
  bare = false,
  skipTo = { id: "main", label: "Skip to content" },
  children,
}: PropsWithChildren<LayoutProps>) {
  return (
    <html lang="en" data-theme={theme}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content={theme === "auto" ? "light dark" : theme} />
        <meta name="htmx-config" content="includeIndicatorCSS:false, defaultTimeout:20000" />
        <title safe>{pageTitle(title)}</title>
        <link rel="icon" href={assetUrl("favicon.svg")} type="image/svg+xml" />
        <link rel="stylesheet" href={assetUrl("bootstrap.css")} />
        <link rel="stylesheet" href={assetUrl("app.css")} />
        <script src={assetUrl("htmx.js")} defer></script>
        <script src={assetUrl("app.js")} type="module"></script>
      </head>
      <body data-account={actor?.user.id} data-change={newestChange === undefined ? undefined : String(newestChange)}>
        <a class="skip-link" href={`#${skipTo.id}`} safe>
          {skipTo.label}
        </a>
        <main id="main" class="page" tabindex="-1">
          {children}
        </main>
        <header class="topbar">
          <a class="brand" href={actor ? "/tasks" : "/"}>
            <span class="brand-mark" aria-hidden="true">
              <Icon name="check" />
            </span>
            TaskFlow
          </a>
          {!bare && (
            <nav aria-label="Account" class="topbar-nav">
              {actor ? (
                <a class="quiet-link" href="/account">
                  <Icon name="person" />{" "}
                  <span class="topbar-name" safe>
                    {actor.user.username}
                  </span>
                </a>
              ) : (
                <a class="quiet-link" href="/login">
                  Sign in
                </a>
              )}
            </nav>
          )}
        </header>
        <div id="connection" class="connection" role="status" hidden>
          <Icon name="wifi-off" /> <span>You're offline. Reconnecting…</span>
        </div>
        {actor ? (
          <div id="signed-out" class="connection" role="status" hidden>
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
        <div id="toasts" class="toasts" role="status" aria-live="polite" hx-sync="this:queue all">
          {flash ? <Toast inPage {...flash} /> : null}
        </div>
      </body>
    </html>
  );
}
