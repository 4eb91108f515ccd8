import type { Actor } from "../../src/actor.ts";
import type { Frame } from "../../src/http/pages.ts";
import { THEMES, type Theme } from "../../src/http/theme.ts";
import { Layout } from "../ui/layout.tsx";
import { Moment } from "../ui/moment.tsx";

const THEME_LABELS: Record<Theme, string> = { auto: "Match system", light: "Light", dark: "Dark" };

export function AccountPage({ frame, actor }: { frame: Frame; actor: Actor }) {
  const { user } = actor;
  return (
    <Layout title="Account" frame={frame}>
      <div class="column">
        <h1>Account</h1>
        <section class="sheet" aria-labelledby="profile">
          <h2 id="profile">Profile</h2>
          <dl class="facts">
            <dt>Username</dt>
            <dd safe>{user.username}</dd>
            <dt>Email</dt>
            <dd safe>{user.email}</dd>
            <dt>Member since</dt>
            <dd>
              <Moment at={user.createdAt} />
            </dd>
          </dl>
        </section>
        <section class="sheet" aria-labelledby="appearance">
          <h2 id="appearance">Appearance</h2>
          <form method="post" action="/account/theme" hx-post="/account/theme" hx-trigger="change" hx-swap="none">
            <fieldset class="choices">
              <legend class="visually-hidden">Theme</legend>
              {THEMES.map((choice) => (
                <label class="choice">
                  <input type="radio" name="theme" value={choice} checked={choice === frame.theme} />
                  <span safe>{THEME_LABELS[choice]}</span>
                </label>
              ))}
            </fieldset>
            <noscript>
              <button class="btn btn-quiet" type="submit">
                Apply
              </button>
            </noscript>
          </form>
        </section>
        <section class="sheet" aria-labelledby="api">
          <h2 id="api">API</h2>
          <p>
            Everything here can be scripted: <a href="/docs">read the docs and try it</a>.
          </p>
        </section>
        <section class="sheet" aria-labelledby="history">
          <h2 id="history">History</h2>
          <p>
            <a href="/activity">Activity</a> lists every change and sign-in. The <a href="/trash">trash</a> keeps
            deleted tasks for 30 days.
          </p>
        </section>
        <form method="post" action="/logout">
          <button class="btn btn-quiet" type="submit">
            Sign out
          </button>
        </form>
      </div>
    </Layout>
  );
}
