const TABS = [
  ["everything", "/activity", "Everything"],
  ["mentions", "/activity/mentions", "Mentions"],
] as const;

/** The two parts of the activity. */
export const ActivityTabs = ({ current }: { current: (typeof TABS)[number][0] }) => (
  <nav class="chips activity-tabs" aria-label="Activity">
    {TABS.map(([name, href, label]) => (
      <a class="chip" href={href} aria-current={name === current ? "page" : undefined}>
        {label}
      </a>
    ))}
  </nav>
);
