/** Returns whether a text has the form of an id (UUID). Any other text names nothing, and not every engine accepts it. */
export const isId = (text: string) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);
