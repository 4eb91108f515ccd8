import type { Calendar } from "../../src/calendar.ts";
import type { SessionEntry } from "../../src/features/accounts/model.ts";
import { attribute } from "../ui/attribute.ts";
import { Moment } from "../ui/moment.tsx";

/** A program that signs in for each run can have thousands. */
const SHOWN = 50;

export function SessionList({ sessions, calendar }: { sessions: readonly SessionEntry[]; calendar: Calendar }) {
  const more = sessions.length - SHOWN;
  return (
    <section class="sheet" aria-labelledby="sessions">
      <h2 id="sessions">Sessions</h2>
      <ul class="session-list">
        {sessions.slice(0, SHOWN).map((session) => (
          <SessionRow session={session} calendar={calendar} />
        ))}
      </ul>
      {more > 0 ? <p safe>{`And ${more} more.`}</p> : null}
      {sessions.length > 1 ? (
        <form method="post" action="/account/sessions/end-others">
          <button class="btn btn-quiet" type="submit">
            End all others
          </button>
        </form>
      ) : null}
    </section>
  );
}

function SessionRow({
  session: { id, device, address, createdAt, lastSeenAt, current },
  calendar,
}: {
  session: SessionEntry;
  calendar: Calendar;
}) {
  return (
    <li class="session-row">
      <span>
        <span safe>{device}</span>
        {current ? <b class="session-current"> · This one</b> : null}
      </span>
      <span class="session-meta">
        {address ? (
          <>
            <span safe>{address}</span> ·{" "}
          </>
        ) : null}
        Signed in <Moment at={createdAt} calendar={calendar} />
        {current ? null : (
          <>
            {" "}
            · Last seen <Moment at={lastSeenAt} calendar={calendar} />
          </>
        )}
      </span>
      {current ? null : (
        <form method="post" action={`/account/sessions/${id}/end`}>
          <button class="btn btn-quiet" type="submit" aria-label={attribute(`End: ${device}`)}>
            End
          </button>
        </form>
      )}
    </li>
  );
}
