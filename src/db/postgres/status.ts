import type { Pool } from "./pool.ts";

/** How often a replica reports by default: a later report means that it hangs. */
const REPORT_SECONDS = 10;

/**
 * Returns the size of the database and how far each replica of the server is behind. A role sees replicas only if it is a
 * member of `pg_monitor`.
 */
export async function serverStatus({ sql, track }: Pool) {
  const [database] = await track(sql`select pg_database_size(current_database())::float8 as bytes`);
  const replicas: { name: string; lagSeconds: number }[] = await track(sql`
    select coalesce(nullif(application_name, ''), client_addr::text, 'replica') as name,
      greatest(
        extract(epoch from max(replay_lag)),
        extract(epoch from now() - min(reply_time)) - ${REPORT_SECONDS}::int,
        0
      )::float8 as "lagSeconds"
    from pg_stat_replication where replay_lsn is not null group by 1`);
  return { bytes: Number(database.bytes), replicas: [...replicas] };
}
