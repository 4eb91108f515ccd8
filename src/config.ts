import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { DatabasePlace } from "./db/database.ts";
import { CommandError } from "./errors.ts";
import { readTraces, type TracesConfig } from "./traces-config.ts";

export const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** The configuration, read once at the start. docs/configuration.md has the same table for operators. */
export interface Config {
  readonly production: boolean;
  readonly host: string;
  readonly port: number;
  /** The URL under which people open TaskFlow, if it is configured. */
  readonly baseUrl: URL | undefined;
  /** The path of `baseUrl`, such as `/tasks`; empty at the root of a host. */
  readonly basePath: string;
  /** The `max-age` of Strict-Transport-Security in seconds; 0 omits the header. */
  readonly hstsMaxAge: number;
  readonly dataDir: string;
  readonly database: DatabasePlace;
  /** Undefined in development: the first start creates one in the data folder. */
  readonly jwtSecret: string | undefined;
  /** The previous secret. Tokens signed with it are still valid. */
  readonly jwtSecretPrevious: string | undefined;
  readonly logLevel: LogLevel;
  /** The share of successful requests that are logged. */
  readonly logSample: number;
  /** Whether a terminal gets colored text. */
  readonly colors: boolean;
  /** Undefined for no traces. */
  readonly traces: TracesConfig | undefined;
  /** Where metrics and the status page are served; undefined for nowhere. */
  readonly metrics: { readonly host: string; readonly port: number } | undefined;
  /** The number of trusted reverse proxies in front, whose `X-Forwarded-*` headers are used. */
  readonly trustProxy: number;
  /** 0 stands for no limit. */
  readonly limits: {
    /** Attempts to create an account, from one address. */
    readonly signUpsPerHour: number;
    /** Live streams from one address, in each process. */
    readonly streamsPerAddress: number;
  };
  /** How long changes are kept, in days; 0 for all of them. */
  readonly changeLogDays: number;
  /** Seconds between "not ready" and closing the port, for a load balancer to notice. */
  readonly shutdownDelay: number;
  /** What `taskflow health` checks: an image has one health check, and the backup service handles no requests. */
  readonly healthCheck: "server" | "backup";
  readonly backup: {
    readonly dir: string;
    /** When the daily backup is made, UTC. */
    readonly at: { readonly hour: number; readonly minute: number };
    readonly retention: { readonly days: number; readonly weeks: number };
    readonly passphrase: string | undefined;
  };
}

/** HS256 needs a key at least as long as its hash (RFC 7518, section 3.2). */
export const SECRET_BYTES = 32;
const PASSPHRASE_CHARACTERS = 12;
const TWO_YEARS = 63_072_000;

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the configuration. An empty variable counts as unset, as Compose files set empty ones.
 * @param serving false for a command that needs no secret
 * @throws CommandError that names every wrong variable
 */
export function loadConfig(environment: Environment, { serving = true } = {}): Config {
  const wrong: string[] = [];
  const value = (name: string) => environment[name]?.trim() || undefined;

  /** @param optional whether the file may be missing: Kubernetes mounts only the keys that a Secret has */
  function secret(name: string, { optional = false } = {}): string | undefined {
    const file = value(`${name}_FILE`);
    if (file === undefined) return value(name);
    if (value(name) !== undefined) {
      wrong.push(`${name} and ${name}_FILE are both set; keep one`);
      return undefined;
    }
    try {
      const text = readFileSync(file, "utf8").trim();
      if (text !== "") return text;
      wrong.push(`${name}_FILE: ${file} is empty; write the value into it, or unset ${name}_FILE`);
      return undefined;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (!optional || code !== "ENOENT") wrong.push(`${name}_FILE: can't read ${file} (${code})`);
      return undefined;
    }
  }

  function wholeNumber(name: string, fallback: number, maximum: number): number {
    const text = value(name);
    if (text === undefined) return fallback;
    const number = Number(text);
    if (/^\d+$/.test(text) && number <= maximum) return number;
    wrong.push(`${name} must be a number from 0 to ${maximum}, not “${text}”`);
    return fallback;
  }

  function share(name: string): number {
    const text = value(name) ?? "1";
    if (/^(0?\.\d+|0|1(\.0+)?)$/.test(text)) return Number(text);
    wrong.push(`${name} must be a number from 0 to 1, such as 0.1, not “${text}”`);
    return 1;
  }

  function hostName(name: string, fallback: string): string {
    const host = value(name) ?? fallback;
    if (/[\s/@[\]]/.test(host)) wrong.push(`${name} must be a host name or an IP address, not “${host}”`);
    return host;
  }

  const production = value("NODE_ENV") === "production";
  const dataDir = resolve(value("DATA_DIR") ?? "data");
  const logLevel = value("LOG_LEVEL") ?? "info";
  if (!LOG_LEVELS.includes(logLevel as LogLevel)) {
    wrong.push(`LOG_LEVEL must be one of ${LOG_LEVELS.join(", ")}, not “${logLevel}”`);
  }
  const host = hostName("HOST", production ? "::" : "localhost");
  const baseUrlText = value("BASE_URL");
  const baseUrl = baseUrlText === undefined ? undefined : parseBaseUrl(baseUrlText);
  if (typeof baseUrl === "string") wrong.push(baseUrl);

  const failures = wrong.length;
  const jwtSecret = secret("JWT_SECRET");
  if (jwtSecret !== undefined && Buffer.byteLength(jwtSecret) < SECRET_BYTES) {
    wrong.push(`JWT_SECRET must be at least ${SECRET_BYTES} bytes long; \`openssl rand -base64 48\` creates one`);
  } else if (jwtSecret === undefined && production && serving && wrong.length === failures) {
    wrong.push(
      `JWT_SECRET is required in production (at least ${SECRET_BYTES} bytes); \`openssl rand -base64 48\` creates one`,
    );
  }

  const jwtSecretPrevious = secret("JWT_SECRET_PREVIOUS", { optional: true });
  if (jwtSecretPrevious !== undefined && Buffer.byteLength(jwtSecretPrevious) < SECRET_BYTES)
    wrong.push(`JWT_SECRET_PREVIOUS must be the previous secret, at least ${SECRET_BYTES} bytes long`);

  const backupAt = value("BACKUP_AT") ?? "03:00";
  const [hour = Number.NaN, minute = Number.NaN] =
    /^([01]\d|2[0-3]):([0-5]\d)$/.exec(backupAt)?.slice(1).map(Number) ?? [];
  if (Number.isNaN(hour)) wrong.push(`BACKUP_AT must be a time of day in UTC, such as 03:00, not “${backupAt}”`);
  const passphrase = secret("BACKUP_PASSPHRASE");
  if (passphrase !== undefined && passphrase.length < PASSPHRASE_CHARACTERS)
    wrong.push(
      `BACKUP_PASSPHRASE must have at least ${PASSPHRASE_CHARACTERS} characters; \`openssl rand -base64 24\` creates one`,
    );
  const keep = wholeNumber("BACKUP_KEEP", 7, 3650);
  if (keep === 0) wrong.push("BACKUP_KEEP must be at least 1");

  const database = databasePlace(
    secret("DATABASE_URL") ?? join(dataDir, "taskflow.db"),
    secret("DATABASE_DIRECT_URL", { optional: true }),
  );
  // Messages never contain the values, which may include a password.
  if (typeof database === "string") wrong.push(database);

  const trustProxyWords: Record<string, string> = { true: "1", false: "0" };
  const trustProxyText = value("TRUST_PROXY")?.toLowerCase() ?? "0";
  const trustProxyNumber = Number(trustProxyWords[trustProxyText] ?? trustProxyText);
  if (!Number.isInteger(trustProxyNumber) || trustProxyNumber < 0 || trustProxyNumber > 10) {
    wrong.push(`TRUST_PROXY must be true, false or the number of proxies in front (0 to 10), not “${trustProxyText}”`);
  }

  const healthCheck = value("HEALTH_CHECK") ?? "server";
  if (healthCheck !== "server" && healthCheck !== "backup")
    wrong.push(`HEALTH_CHECK must be server or backup, not “${healthCheck}”`);

  const port = wholeNumber("PORT", 8000, 65_535);
  const metricsPort = value("METRICS_PORT") === undefined ? undefined : wholeNumber("METRICS_PORT", 0, 65_535);
  if (metricsPort === port && port !== 0) wrong.push(`METRICS_PORT must differ from PORT, which is ${port}`);
  const metricsHost = hostName("METRICS_HOST", "localhost");

  const config: Config = {
    production,
    host,
    port,
    baseUrl: typeof baseUrl === "string" ? undefined : baseUrl,
    basePath: typeof baseUrl === "object" ? baseUrl.pathname.replace(/\/$/, "") : "",
    hstsMaxAge: wholeNumber("HSTS_MAX_AGE", 0, TWO_YEARS),
    dataDir,
    database: database as DatabasePlace,
    jwtSecret,
    logLevel: logLevel as LogLevel,
    logSample: share("LOG_SAMPLE"),
    colors: value("NO_COLOR") === undefined && value("TERM") !== "dumb",
    traces: readTraces({ value, secret, share, wrong }),
    metrics: metricsPort === undefined ? undefined : { host: metricsHost, port: metricsPort },
    trustProxy: trustProxyNumber,
    jwtSecretPrevious,
    limits: {
      signUpsPerHour: wholeNumber("SIGN_UPS_PER_HOUR", 300, 1_000_000),
      streamsPerAddress: wholeNumber("STREAMS_PER_ADDRESS", 500, 1_000_000),
    },
    changeLogDays: wholeNumber("CHANGE_LOG_DAYS", 365, 36_500),
    shutdownDelay: wholeNumber("SHUTDOWN_DELAY", 0, 300),
    healthCheck: healthCheck as Config["healthCheck"],
    backup: {
      dir: resolve(value("BACKUP_DIR") ?? join(dataDir, "backups")),
      at: { hour, minute },
      retention: { days: keep, weeks: wholeNumber("BACKUP_KEEP_WEEKLY", 0, 520) },
      passphrase,
    },
  };
  if (wrong.length > 0) throw new CommandError(`invalid configuration: ${wrong.join("; ")}`);
  return Object.freeze(config);
}

/** Parses the URL under which people open TaskFlow. @returns the URL, or what is wrong */
function parseBaseUrl(text: string): URL | string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  // Without escapes, so that a path is the same text in requests, links and cookies.
  const isPlain = url && /^https?:\/\/[^/?#@]+(\/(?!\.+(\/|$))[\w.~-]+)*\/?$/i.test(text);
  if (!isPlain) return "BASE_URL must be a URL such as https://example.org or https://example.org/tasks";
  // Behind a proxy that removes the path, /api/tasks could be the page or the API.
  if (/^\/api\/?$/.test(url.pathname)) return "BASE_URL can't end in /api, the path of the API; use another path";
  return url;
}

/**
 * Parses the location of a database.
 * @param url a path, a `file:` URL or a `postgres://` URL
 * @param directUrl the server itself, if `url` leads to a pooler
 * @returns the location, or what is wrong
 */
export function databasePlace(url: string, directUrl?: string): DatabasePlace | string {
  if (/^postgres(ql)?:\/\//i.test(url)) {
    if (!isServer(url)) return "DATABASE_URL must name a server (postgres://user:password@host:5432/database)";
    if (directUrl !== undefined && !isServer(directUrl))
      return "DATABASE_DIRECT_URL must name a server (postgres://user:password@host:5432/database)";
    return { engine: "postgres", url, directUrl: directUrl ?? url };
  }
  if (/^(file:)?:memory:/i.test(url))
    return "DATABASE_URL must name a file: an in-memory database is lost when the process ends";
  if (/^file:.*[?#]/i.test(url))
    return "DATABASE_URL does not accept parameters after the path of a SQLite file; remove everything from the “?” or “#” on";
  const file = sqliteFile(url);
  if (file === undefined)
    return "DATABASE_URL must be the path of a SQLite file (file:/path/to/taskflow.db) or a PostgreSQL server (postgres://user:password@host:5432/database)";
  if (directUrl !== undefined) return "DATABASE_DIRECT_URL requires a DATABASE_URL of a PostgreSQL server";
  return { engine: "sqlite", file };
}

const isServer = (url: string) =>
  /^postgres(ql)?:\/\//i.test(url) &&
  URL.canParse(url) &&
  new URL(url).hostname !== "" &&
  new URL(url).pathname.length > 1;

/** Returns the file that a path or a `file:` URL names, or undefined for any other scheme. */
function sqliteFile(url: string): string | undefined {
  if (/^file:(\/\/(localhost)?)?\/*$/i.test(url)) return undefined;
  if (/^file:/i.test(url)) return resolve(url.replace(/^file:(\/\/(localhost)?(?=\/))?/i, ""));
  return /^[a-z][a-z0-9+.-]+:/i.test(url) && !/^[a-z]:[\\/]/i.test(url) ? undefined : resolve(url);
}
