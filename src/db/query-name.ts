/** Names of the last texts: some queries are not prepared, and searching their text takes as long as a small query. */
const names = new Map<string, string>();
const MAX_NAMES = 1000;

/**
 * Returns a name of a query for metrics and traces: its statement and its table, such as `select tasks`. The program's
 * queries have a fixed set of them. (OpenTelemetry calls it the query summary.)
 */
export function queryName(text: string): string {
  const known = names.get(text);
  if (known !== undefined) return known;
  const [, statement = "query"] = /\b(select|insert|update|delete)\b/i.exec(text) ?? [];
  const [, table] = /\b(?:from|into|update) "(\w+)"/i.exec(withoutSubqueries(text)) ?? [];
  const name = table === undefined ? statement : `${statement} ${table}`;
  if (names.size >= MAX_NAMES) names.clear();
  names.set(text, name);
  return name;
}

function withoutSubqueries(text: string): string {
  const shorter = text.replace(/\([^()]*\)/g, "");
  return shorter === text ? text : withoutSubqueries(shorter);
}
