import type { Unread } from "../../src/features/sharing/visits.ts";
import { attribute } from "../ui/attribute.ts";
import { Icon } from "../ui/icon.tsx";
import { Initials } from "../ui/initials.tsx";

/** The initials that fit beside the name of a project. */
const SHOWN = 4;

/** Who else has the project open. The script fills it in and keeps it current. */
export const PresencePlace = ({ projectId }: { projectId: string }) => (
  <span class="presence needs-script" id="presence" data-project={attribute(projectId)} hx-morph-skip />
);

interface PresenceProps {
  usernames: readonly string[];
  unread: Unread;
}

/** What others have changed since the reader's visits before. The script marks rows and places in the side bar. */
export const UnreadMarks = ({ tasks, projects }: Unread) => (
  <span
    hidden
    id="unread"
    data-tasks={attribute([...tasks].map(([id, change]) => `${id}:${change}`).join(" "))}
    data-projects={attribute(projects.join(" "))}
  />
);

/** The others who have a project open, by their initials; their names are on hover, and for screen readers. */
export const Presence = ({ usernames, unread }: PresenceProps) => (
  <>
    <UnreadMarks {...unread} />
    {usernames.length === 0 ? null : (
      <span class="presence-list" role="img" aria-label={attribute(`Also here: ${usernames.join(", ")}`)}>
        <span class="presence-count" title={attribute(usernames.join(", "))}>
          <Icon name="people" /> {usernames.length}
        </span>
        {usernames.slice(0, SHOWN).map((username) => (
          <span title={attribute(username)}>
            <Initials username={username} />
          </span>
        ))}
        {usernames.length > SHOWN ? (
          <span class="quiet" title={attribute(usernames.slice(SHOWN).join(", "))} safe>
            {`+${usernames.length - SHOWN}`}
          </span>
        ) : null}
      </span>
    )}
  </>
);
