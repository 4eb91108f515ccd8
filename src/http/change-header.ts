/** Returns the header that names the change a request made, so that the client can undo it. */
export const changeHeader = (change: number | undefined): Record<string, string> =>
  change === undefined ? {} : { "taskflow-change": String(change) };
