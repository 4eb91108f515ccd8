import type { Actor } from "../../src/actor.ts";
import type { Issue } from "../../src/errors.ts";
import type { AccountEvent } from "../../src/features/accounts/history.ts";
import { AccountPatch, type SessionEntry, TIME_ZONES } from "../../src/features/accounts/model.ts";
import type { Frame } from "../../src/http/pages.ts";
import { THEMES, type Theme } from "../../src/http/theme.ts";
import { Layout } from "../ui/layout.tsx";
import { Moment } from "../ui/moment.tsx";
import { AccountHistory } from "./history.tsx";
import { PasswordForm } from "./password-form.tsx";
import { SessionList } from "./session-list.tsx";

const THEME_LABELS: Record<Theme, string> = { auto: "Match system", light: "Light", dark: "Dark" };

interface AccountPageProps {
  frame: Frame;
  actor: Actor;
  sessions: readonly SessionEntry[];
  events: readonly AccountEvent[];
  /** What is wrong with the password form. */
  issues?: readonly Issue[];
  problem?: string | undefined;
}

export function AccountPage({ frame, actor, sessions, events, issues = [], problem }: AccountPageProps) {
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
              <Moment at={user.createdAt} calendar={frame.calendar} />
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
        <section class="sheet" aria-labelledby="dates">
          <h2 id="dates">Dates and start page</h2>
          <form
            method="post"
            action="/account/time-zone"
            hx-post="/account/time-zone"
            hx-trigger="change"
            hx-swap="none"
          >
            <label class="form-label" for="time-zone">
              Time zone
            </label>
            <TimeZoneSelect chosen={user.timeZone} />
            <noscript>
              <button class="btn btn-quiet" type="submit">
                Apply
              </button>
            </noscript>
          </form>
          <SettingsForm user={user} />
        </section>
        <PasswordForm username={user.username} issues={issues} problem={problem} />
        <SessionList sessions={sessions} calendar={frame.calendar} />
        <AccountHistory events={events} calendar={frame.calendar} />
        <section class="sheet" aria-labelledby="api">
          <h2 id="api">API</h2>
          <p>
            Everything here can be scripted: <a href="/docs">read the docs and try it</a>.
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

const LABELS = {
  dateFormat: { dayMonth: "3 May", monthDay: "May 3", iso: "2026-05-03" },
  timeFormat: { "24h": "15:30", "12h": "3:30 pm" },
  firstDayOfWeek: { monday: "Monday", saturday: "Saturday", sunday: "Sunday" },
  startPage: { list: "All tasks", inbox: "Inbox", today: "Today", upcoming: "Upcoming" },
} as const;

/** Applies each choice at once; the page is loaded again, as its dates are written another way. */
const SettingsForm = ({ user }: Pick<Actor, "user">) => (
  <form class="settings" method="post" action="/account/settings" hx-post="/account/settings" hx-trigger="change">
    {(Object.keys(LABELS) as (keyof typeof LABELS)[]).map((name) => (
      <div class="field">
        <label class="form-label" for={name} safe>
          {String(AccountPatch.properties[name].title)}
        </label>
        <select class="form-select" id={name} name={name} autocomplete="off">
          {Object.entries(LABELS[name]).map(([value, label]) => (
            <option value={value} selected={value === user[name]}>
              {label}
            </option>
          ))}
        </select>
      </div>
    ))}
    <noscript>
      <button class="btn btn-quiet" type="submit">
        Apply
      </button>
    </noscript>
  </form>
);

function TimeZoneSelect({ chosen }: { chosen: string | null }) {
  const names = chosen === null || TIME_ZONES.includes(chosen) ? TIME_ZONES : [...TIME_ZONES, chosen];
  const regions = Map.groupBy(names, (name) => (name.includes("/") ? name.slice(0, name.indexOf("/")) : "Other"));
  return (
    <select class="form-select" id="time-zone" name="timeZone" autocomplete="off">
      <option value="">Match browser</option>
      {[...regions].map(([region, zones]) => (
        <optgroup label={region}>
          {zones.map((name) => (
            <option value={name} selected={name === chosen} safe>
              {name.slice(name.indexOf("/") + 1).replaceAll("_", " ")}
            </option>
          ))}
        </optgroup>
      ))}
    </select>
  );
}
