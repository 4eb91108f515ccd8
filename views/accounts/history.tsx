import type { Calendar } from "../../src/calendar.ts";
import type { AccountEvent } from "../../src/features/accounts/history.ts";
import type { AccountVerb } from "../../src/features/changes/model.ts";
import { Moment } from "../ui/moment.tsx";

const VERB_LABELS = {
  register: "Account created",
  signIn: "Signed in",
  signOut: "Signed out",
  endSession: "Session ended",
  changePassword: "Password changed",
  resetPassword: "Password reset",
  disable: "Account disabled",
  enable: "Account enabled",
} as const satisfies Record<AccountVerb, string>;

const CHANNEL_LABELS = {
  browser: "",
  token: "by API",
  commandLine: "by the administrator",
  program: "by TaskFlow",
} as const;

/** Sign-ins and other events of the account. Changes of tasks are in the activity. */
export const AccountHistory = ({ events, calendar }: { events: readonly AccountEvent[]; calendar: Calendar }) => (
  <section class="sheet" aria-labelledby="history">
    <h2 id="history">History</h2>
    <ol class="session-list">
      {events.map(({ at, verb, through }) => (
        <li class="session-row history-row">
          <span>{VERB_LABELS[verb]}</span>
          <span class="session-meta">
            <Moment at={at} calendar={calendar} /> <span>{CHANNEL_LABELS[through]}</span>
          </span>
        </li>
      ))}
    </ol>
    <p>
      <a href="/activity">Activity</a> lists every change to your tasks. The <a href="/trash">trash</a> keeps deleted
      tasks for 30 days.
    </p>
  </section>
);
