import { type SQL, type SQLWrapper, Subquery, sql } from "drizzle-orm";

/** Returns the rows of a query as a table of this name, which another query can select from. */
export const tableFrom = (name: string, query: SQL) => new Subquery(query, {}, name);

/**
 * Returns the rows of several queries as one. A list over several projects reads the first rows of each from an index, and
 * sorts only those.
 */
export const unionOf = (queries: readonly SQLWrapper[]): SQL => {
  const parts = queries.map((query, index) => sql`select * from ${query} as ${sql.identifier(`part${index}`)}`);
  return sql.join(parts, sql` union all `);
};

/**
 * Returns the same for PostgreSQL, which takes seconds to plan hundreds of queries: it plans one, and runs it for each key.
 * @param query selects the rows of a key
 */
export const unionForEach = (keys: readonly SQLWrapper[], query: (key: SQL) => SQLWrapper): SQL => {
  const values = keys.map((key) => sql`(${key}::text collate "C")`);
  return sql`select part.* from (values ${sql.join(values, sql`, `)}) as keys (key) cross join lateral ${query(sql`keys.key`)} as part`;
};
