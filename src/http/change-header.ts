/** Tells which change a request made, for whoever may want to take it back. */
export const changeHeader = (change: number | undefined): Record<string, string> =>
  change === undefined ? {} : { "taskflow-change": String(change) };
