import type { Cookies } from "./cookies.ts";

export const THEMES = ["auto", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

/** The background of a page in each color scheme, for what the browser draws around it. */
export const GROUND = { light: "#f3f7f6", dark: "#101516" };

const COOKIE = "theme";
const MAX_AGE = 365 * 24 * 60 * 60;

/** Returns the theme that the user chose, or `auto` to match the system. */
export function readTheme(request: Request, cookies: Cookies): Theme {
  const chosen = cookies.read(request, COOKIE);
  return THEMES.find((theme) => theme === chosen) ?? "auto";
}

export const themeCookie = (request: Request, cookies: Cookies, theme: Theme) =>
  cookies.write(request, COOKIE, theme, MAX_AGE);
