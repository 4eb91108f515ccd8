/**
 * Somebody's words for an attribute. Kita escapes the quotes there and leaves the ampersand, so that a written
 * "&amp;" would read "&". Text between tags needs only `safe`.
 */
export const attribute = (text: string | undefined) => text?.replaceAll("&", "&amp;");
