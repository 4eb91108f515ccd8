import type { NavigationGroup, NavigationLink } from "../../src/http/pages.ts";
import { Icon } from "./icon.tsx";

interface NavigationProps {
  groups: readonly NavigationGroup[];
  /** The address of the current place. */
  current: string | undefined;
  /** Set in a response that updates an open page. */
  swap?: "outerMorph";
}

/** The side bar: beside the page from 64em, below that a sheet that "Browse" opens. */
export const SideBar = ({ groups, current }: NavigationProps) => (
  <header class="side" id="browse" popover="auto">
    <a class="brand" href="/tasks">
      <span class="brand-mark" aria-hidden="true">
        <Icon name="check" />
      </span>
      TaskFlow
    </a>
    <a class="side-search" href="/tasks#q" data-goes-to="q">
      <Icon name="search" /> Search <kbd>Ctrl K</kbd>
    </a>
    <Navigation groups={groups} current={current} />
  </header>
);

/** The places with their counts. Each action sends them again. */
export const Navigation = ({ groups, current, swap }: NavigationProps) => (
  <nav id="navigation" class="navigation" aria-label="Main" hx-swap-oob={swap}>
    {groups.map(({ heading, links }) => (
      <div class="navigation-group">
        {heading ? (
          <h2>
            <a href={heading.href} aria-current={heading.href === current ? "page" : undefined} safe>
              {heading.label}
            </a>
          </h2>
        ) : null}
        <ul>
          {links.map((link) => (
            <li>
              <Place {...link} current={link.href === current} />
            </li>
          ))}
        </ul>
      </div>
    ))}
  </nav>
);

const Place = ({ href, label, icon, color, count = 0, current }: NavigationLink & { current: boolean }) => (
  <a class="place" href={href} aria-current={current ? "page" : undefined}>
    <span class="project-icon" data-color={color}>
      <Icon name={icon} />
    </span>
    <span class="place-name" dir="auto" safe>
      {label}
    </span>
    {count > 0 ? (
      <span class="count" safe>
        {count.toLocaleString("en")}
      </span>
    ) : null}
  </a>
);

/** The bar at the bottom of a phone: the first places, everything else, and search. */
export const Dock = ({ groups: [first], current }: Pick<NavigationProps, "groups" | "current">) => (
  <nav class="dock" aria-label="Quick access">
    <a class="fab" href="/tasks#add-title" data-goes-to="add-title" aria-label="Add a task">
      <Icon name="plus" />
    </a>
    {first?.links.slice(0, 2).map(({ href, label, icon }) => (
      <a href={href} aria-current={href === current ? "page" : undefined}>
        <Icon name={icon} /> <span safe>{label}</span>
      </a>
    ))}
    <button type="button" popovertarget="browse">
      <Icon name="list" /> Browse
    </button>
    <a href="/tasks#q" data-goes-to="q">
      <Icon name="search" /> Search
    </a>
  </nav>
);
