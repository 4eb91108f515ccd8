/** What Kubernetes takes besides five fields: a distance, as Go writes it. */
const EVERY = /^@every (?:\d+(?:\.\d+)?(?:h|m|s|ms))+$/;

/** @returns what is wrong with a CronJob's schedule, or undefined */
export function scheduleFault(schedule: string): string | undefined {
  if (EVERY.test(schedule)) return undefined;
  if (/^(?:TZ|CRON_TZ)=/.test(schedule)) return `“${schedule}”: the time zone goes into spec.timeZone`;
  // Cron elsewhere takes both.
  if (/(?:^|[,-])7/.test(schedule.trim().split(/\s+/)[4] ?? ""))
    return `“${schedule}”: Kubernetes calls Sunday 0, not 7`;
  if (/^[^@].*[a-z]{4}/i.test(schedule)) return `“${schedule}”: Kubernetes takes names of three letters, such as MON`;
  try {
    // Kubernetes reads ? as *.
    const next = Bun.cron.parse(schedule.replaceAll("?", "*"));
    return next ? undefined : `“${schedule}” never comes`;
  } catch (error) {
    const reason = (error as Error).message.replace(/^Invalid cron expression: /, "");
    return `“${schedule}” is no schedule (${reason}): write minute hour day month weekday, such as 0 3 * * *`;
  }
}

/** @returns what is wrong with the name of a time zone, or undefined */
export function timeZoneFault(name: string): string | undefined {
  const fault = `there is no time zone “${name}”: name one of the IANA's, such as Etc/UTC`;
  if (!/^[A-Z]/.test(name) || name === "Local") return fault;
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return undefined;
  } catch {
    return fault;
  }
}
