import { iconOf } from "../views/projects/project-icon.tsx";
import type { Actor } from "./actor.ts";
import type { Services } from "./compose.ts";
import type { Label } from "./features/tasks/model.ts";
import { labelUrl } from "./features/tasks/view.ts";
import type { NavigationGroup } from "./http/pages.ts";

/** Returns what reads the side bar of an account. A feature adds its places here. */
export const createNavigation =
  ({ projects, sharing, tasks }: Pick<Services, "projects" | "sharing" | "tasks">) =>
  async (actor: Actor): Promise<NavigationGroup[]> => {
    const [{ items }, today, invites] = await Promise.all([
      projects.listProjects(actor),
      tasks.countTasks(actor, { due: "today" }),
      sharing.listPending(actor),
    ]);
    const labels = await tasks.listLabels(actor);
    const open = await tasks.countOpen(items.map(({ id }) => id));
    return [
      {
        links: [
          { href: `/projects/${actor.user.id}`, label: "Inbox", icon: "inbox", count: open.get(actor.user.id) ?? 0 },
          { href: "/today", label: "Today", icon: "calendar", count: today.open },
          { href: "/upcoming", label: "Upcoming", icon: "upcoming" },
          { href: "/tasks", label: "All tasks", icon: "tasks" },
        ],
      },
      {
        heading: { label: "Projects", href: "/projects" },
        links: [
          ...(invites.length > 0
            ? [{ href: "/invites", label: "Invites", icon: "people", count: invites.length } as const]
            : []),
          ...items
            .filter(({ inbox }) => !inbox)
            .map((project) => ({
              href: `/projects/${project.id}`,
              label: project.name,
              icon: iconOf(project),
              color: project.color ?? undefined,
              count: open.get(project.id) ?? 0,
            })),
          { href: "/projects/new", label: "New project", icon: "plus" },
        ],
      },
      ...(labels.length > 0 ? [labelGroup(labels)] : []),
      {
        links: [
          { href: "/completed", label: "Completed", icon: "check-circle" },
          { href: "/trash", label: "Trash", icon: "trash" },
          { href: "/activity", label: "Activity", icon: "clock" },
          { href: "/account", label: actor.user.username, icon: "person" },
        ],
      },
    ];
  };

const SHOWN_LABELS = 20;

/** Returns the labels that most open tasks have, from A to Z. */
function labelGroup(labels: readonly Label[]): NavigationGroup {
  const most = new Set(labels.toSorted((one, other) => other.open - one.open).slice(0, SHOWN_LABELS));
  return {
    heading: { label: "Labels", href: "/labels" },
    links: [
      ...labels
        .filter((label) => most.has(label))
        .map(({ name, open }) => ({ href: labelUrl(name), label: name, icon: "tag" as const, count: open })),
      { href: "/labels", label: "All labels", icon: "tags" },
    ],
  };
}
