import { assetUrl } from "../../src/http/assets.ts";
import { GROUND } from "../../src/http/theme.ts";
import type { Rates } from "../../src/ops/metrics/rates.ts";
import type { Status } from "../../src/ops/metrics/status.ts";
import { Icon } from "../ui/icon.tsx";
import { Chart } from "./chart.tsx";
import { inBytes, inDigits, inSeconds, inWords } from "./format.ts";

/** The page that an operator keeps open. Its script replaces the content, so that it stays up to date. */
export const StatusPage = ({ status }: { status: Status }) => (
  <html lang="en" data-theme="auto">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <meta name="theme-color" content={GROUND.light} media="(prefers-color-scheme: light)" />
      <meta name="theme-color" content={GROUND.dark} media="(prefers-color-scheme: dark)" />
      <title>Status · TaskFlow</title>
      <link rel="icon" href={assetUrl("favicon.svg")} type="image/svg+xml" />
      <link rel="stylesheet" href={assetUrl("bootstrap.css")} />
      <link rel="stylesheet" href={assetUrl("app.css")} />
      <link rel="stylesheet" href={assetUrl("status.css")} />
      <script src={assetUrl("status.js")} type="module"></script>
    </head>
    <body>
      <header class="topbar">
        <span class="brand">
          <span class="brand-mark" aria-hidden="true">
            <Icon name="check" />
          </span>
          TaskFlow
        </span>
        <nav aria-label="More">
          <a class="quiet-link" href="/metrics">
            Metrics
          </a>
        </nav>
      </header>
      <main id="main" class="page status" tabindex="-1">
        <div class="status-head">
          <h1>Status</h1>
          <p>
            <Moment at={status.at} />
          </p>
        </div>
        <Problems problems={status.problems} />
        <Charts rates={status.rates} />
        <div class="status-sheets">
          <Program status={status} />
          <Work status={status} />
          <Storage status={status} />
          <Jobs status={status} />
        </div>
      </main>
      <div class="notices">
        <div id="stale" class="notice" role="status" hidden>
          <Icon name="wifi-off" /> <span>TaskFlow does not respond. This is how it was.</span>
        </div>
      </div>
    </body>
  </html>
);

const Problems = ({ problems }: Pick<Status, "problems">) =>
  problems.length === 0 ? (
    <p class="status-good">
      <Icon name="check" /> Everything works.
    </p>
  ) : (
    <ul class="status-problems">
      {problems.map((problem) => (
        <li>
          <Icon name="exclamation" /> <span safe>{problem}</span>
        </li>
      ))}
    </ul>
  );

function Charts({ rates }: { rates: readonly Rates[] }) {
  const points = (value: (rates: Rates) => number | undefined) =>
    rates.map((each) => ({ at: each.at, value: value(each) }));
  const perSecond = (value: number) => `${inDigits(value)}/s`;
  return (
    <section class="charts" aria-label="The last hour">
      <Chart title="Requests" points={points((each) => each.requestsPerSecond)} format={perSecond} />
      <Chart title="Server errors" points={points((each) => each.errorsPerSecond)} format={perSecond} isBad />
      <Chart title="Writes" points={points((each) => each.writesPerSecond)} format={perSecond} />
      <Chart title={"Response time (95\u00a0%)"} points={points((each) => each.slowest)} format={inSeconds} />
    </section>
  );
}

const Program = ({ status: { version, engine, bun, migration, startedAt, at, workers, memoryBytes } }: Props) => (
  <Sheet
    title="Program"
    facts={[
      ["TaskFlow", version],
      ["Bun", bun],
      ["Database", engine],
      ["Newest migration", migration.replaceAll("_", " ")],
      ["Running for", startedAt === undefined ? "unknown" : inWords(at - startedAt)],
      ["Processes", workers.missing > 0 ? `${workers.running}, ${workers.missing} missing` : String(workers.running)],
      ["Memory", memoryBytes === undefined ? "unknown" : inBytes(memoryBytes)],
    ]}
  />
);

const Work = ({ status: { writes, longReadsWaiting, streams } }: Props) => (
  <Sheet
    title="Work"
    facts={[
      ["Writes that wait", inDigits(writes.waiting)],
      ["Oldest of them", writes.waiting === 0 ? "none" : inSeconds(writes.oldestSeconds)],
      ["Searches that wait", inDigits(longReadsWaiting)],
      ["Live streams", inDigits(streams)],
    ]}
  />
);

function Storage({ status: { at, databaseBytes, walBytes, disks, backup } }: Props) {
  const share = (part: number, whole: number) => `${Math.round((100 * part) / Math.max(1, whole))}\u00a0%`;
  return (
    <Sheet
      title="Storage and backups"
      facts={[
        ["Database", databaseBytes === undefined ? "unknown" : inBytes(databaseBytes)],
        ...(walBytes === undefined ? [] : ([["Write-ahead log", inBytes(walBytes)]] as const)),
        ...disks.map(
          ({ volume, freeBytes, sizeBytes }) =>
            [`Disk of ${volume}`, `${inBytes(freeBytes)} free, ${share(freeBytes, sizeBytes)}`] as const,
        ),
        ["Last verified backup", backup ? `${inWords(at - backup.at)} ago` : "none"],
        ...(backup ? ([["Its size", inBytes(backup.bytes)]] as const) : []),
        ...(backup?.seconds === undefined ? [] : ([["It took", inSeconds(backup.seconds)]] as const)),
      ]}
    />
  );
}

const Jobs = ({ status: { jobs } }: Props) => (
  <Sheet
    title="Jobs since the start"
    facts={
      jobs.length === 0
        ? [["Housekeeping", "has not run yet"]]
        : jobs.map(({ name, runs, failures }) => [
            name.replaceAll("-", " "),
            `${inDigits(runs)} ${runs === 1 ? "run" : "runs"}${failures > 0 ? `, ${inDigits(failures)} failed` : ""}`,
          ])
    }
  />
);

interface Props {
  status: Status;
}

const Sheet = ({ title, facts }: { title: string; facts: readonly (readonly [term: string, value: string])[] }) => (
  <section class="sheet">
    <h2 safe>{title}</h2>
    <dl class="facts">
      {facts.map(([term, value]) => (
        <>
          <dt safe>{term}</dt>
          <dd safe>{value}</dd>
        </>
      ))}
    </dl>
  </section>
);

function Moment({ at }: { at: number }) {
  const iso = new Date(at * 1000).toISOString();
  return (
    <time datetime={iso} safe>
      {`${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`}
    </time>
  );
}
