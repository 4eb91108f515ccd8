import { GROUND } from "./theme.ts";

/** Returns what a browser needs to install the site as an app. @param icon its URL */
export const webManifest = (icon: string) =>
  JSON.stringify({
    name: "TaskFlow",
    // Relative to the manifest, as the site may be below a path.
    start_url: "../tasks",
    scope: "../",
    display: "standalone",
    background_color: GROUND.light,
    theme_color: GROUND.light,
    icons: [{ src: icon.replace("/static/", ""), sizes: "512x512", type: "image/png", purpose: "any maskable" }],
  });
