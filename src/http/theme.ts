import { cookieOf } from "./cookies.ts";

export const THEMES = ["auto", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

export const THEME_COOKIE = "theme";

/** Returns the theme that the user chose, or `auto` to match the system. */
export function themeOf(request: Request): Theme {
  const chosen = cookieOf(request, THEME_COOKIE);
  return THEMES.find((theme) => theme === chosen) ?? "auto";
}
