import type { Calendar } from "../../src/calendar.ts";
import type { Section } from "../../src/features/tasks/section-model.ts";
import { attribute } from "../ui/attribute.ts";
import { Icon } from "../ui/icon.tsx";
import { Moment } from "../ui/moment.tsx";

/** The archived sections of a project, below its list, where each can be restored. */
export const ArchivedSections = ({ sections, calendar }: { sections: readonly Section[]; calendar: Calendar }) =>
  sections.length === 0 ? null : (
    <details class="archived-sections" id="archived-sections">
      <summary>
        Archived sections <span class="count">{sections.length}</span>
      </summary>
      <ul>
        {sections.map(({ id, projectId, name, archivedAt }) => (
          <li>
            <span class="archived-name" dir="auto" safe>
              {name}
            </span>
            <span class="archived-meta">
              Archived <Moment at={archivedAt ?? ""} calendar={calendar} />
            </span>
            <form
              method="post"
              action={`/projects/${projectId}/sections/${id}/archival`}
              hx-post={`/projects/${projectId}/sections/${id}/archival`}
              hx-swap="none"
            >
              <input type="hidden" name="archived" value="false" />
              <button class="btn btn-quiet" type="submit" aria-label={attribute(`Restore: ${name}`)}>
                <Icon name="restore" /> Restore
              </button>
            </form>
          </li>
        ))}
      </ul>
    </details>
  );
