/**
 * Returns a name of a query for metrics and traces: its statement and its table, such as `select tasks`. The program's
 * queries have a fixed set of them. (OpenTelemetry calls it the query summary.)
 */
export function queryName(text: string): string {
  const [, statement = "query"] = /\b(select|insert|update|delete)\b/i.exec(text) ?? [];
  const [, table] = /\b(?:from|into|update) "(\w+)"/i.exec(text) ?? [];
  return table === undefined ? statement : `${statement} ${table}`;
}
