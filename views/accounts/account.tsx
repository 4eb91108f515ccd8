import type { Actor } from "../../src/features/accounts/model.ts";
import { THEMES, type Theme } from "../../src/http/pages.ts";
import { Layout } from "../ui/layout.tsx";
import { Moment } from "../ui/moment.tsx";

const THEME_NAMES: Record<Theme, string> = { auto: "As the system", light: "Light", dark: "Dark" };

export function AccountPage({ actor, theme }: { actor: Actor; theme: Theme }) {
  const { user } = actor;
  return (
    <Layout title="Account" theme={theme} actor={actor}>
      <div class="column">
        <h1>Account</h1>
        <section class="sheet" aria-labelledby="who">
          <h2 id="who">You</h2>
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
              <legend class="visually-hidden">Colours</legend>
              {THEMES.map((choice) => (
                <label class="choice">
                  <input type="radio" name="theme" value={choice} checked={choice === theme} />
                  <span safe>{THEME_NAMES[choice]}</span>
                </label>
              ))}
            </fieldset>
            <noscript>
              <button class="btn btn-quiet" type="submit">
                Use these colours
              </button>
            </noscript>
          </form>
        </section>
        <section class="sheet" aria-labelledby="programs">
          <h2 id="programs">Programs</h2>
          <p>
            Everything here can be scripted: <a href="/docs">the API, to read and to try</a>.
          </p>
        </section>
        <section class="sheet" aria-labelledby="past">
          <h2 id="past">What happened</h2>
          <p>
            <a href="/activity">Activity</a> lists every change and sign-in; <a href="/trash">the trash</a> keeps what
            was deleted for 30 days.
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
