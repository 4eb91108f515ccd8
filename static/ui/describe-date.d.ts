// The server adds this module to the pages' script (see src/http/assets.ts), so that both use the same words.
export { describeDate } from "../../src/text/dates.ts";
