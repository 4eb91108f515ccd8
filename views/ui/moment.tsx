const DAY_MS = 86_400_000;
const weekday = new Intl.DateTimeFormat("en", { weekday: "long", timeZone: "UTC" });
const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", timeZone: "UTC" });
const dayAndYear = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "long",
  year: "numeric",
  timeZone: "UTC",
});
const exact = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeStyle: "short", timeZone: "UTC" });

/** A date as people say it, the exact moment on hover. Days are counted in UTC, as the server knows no other place. */
export function Moment({ at }: { at: string }) {
  const date = new Date(at);
  return (
    <time datetime={at} title={`${exact.format(date)} UTC`} safe>
      {spoken(date, new Date())}
    </time>
  );
}

function spoken(date: Date, now: Date): string {
  const days = Math.floor(now.getTime() / DAY_MS) - Math.floor(date.getTime() / DAY_MS);
  if (days === 0) return "today";
  if (days === 1) return "yesterday";
  if (days > 1 && days < 7) return weekday.format(date);
  return (date.getUTCFullYear() === now.getUTCFullYear() ? day : dayAndYear).format(date);
}
