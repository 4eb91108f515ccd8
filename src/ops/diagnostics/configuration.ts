import type { Config } from "../../config.ts";

/**
 * Returns the configuration without secrets. Each value is named here, so that a new variable is left out until someone
 * has decided that it may be shown.
 */
export const shownConfiguration = (config: Config) => ({
  production: config.production,
  host: config.host,
  port: config.port,
  baseUrl: config.baseUrl?.href ?? null,
  hstsMaxAge: config.hstsMaxAge,
  dataDir: config.dataDir,
  database: shownPlace(config.database),
  jwtSecret: isSet(config.jwtSecret),
  jwtSecretPrevious: isSet(config.jwtSecretPrevious),
  logLevel: config.logLevel,
  logSample: config.logSample,
  metrics: config.metrics ?? null,
  traces: config.traces ? { endpoint: config.traces.endpoint.origin, ratio: config.traces.ratio } : null,
  trustProxy: config.trustProxy,
  limits: config.limits,
  changeLogDays: config.changeLogDays,
  shutdownDelay: config.shutdownDelay,
  healthCheck: config.healthCheck,
  backup: {
    dir: config.backup.dir,
    at: config.backup.at,
    retention: config.backup.retention,
    passphrase: isSet(config.backup.passphrase),
  },
});

const isSet = (secret: string | undefined) => (secret === undefined ? "not set" : "set");

function shownPlace(place: Config["database"]) {
  if (place.engine === "sqlite") return place;
  const { hostname, port, pathname } = new URL(place.url);
  return {
    engine: place.engine,
    server: `${hostname}:${port || 5432}`,
    name: pathname.slice(1),
    pooler: place.url !== place.directUrl,
  };
}
