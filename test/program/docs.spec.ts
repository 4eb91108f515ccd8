import { describe, expect, it, setDefaultTimeout } from "bun:test";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import packageJson from "../../package.json";
import { loadConfig } from "../../src/config.ts";
import { ROOT } from "../support/program.ts";

setDefaultTimeout(180_000);

const pages = ["*.md", "docs/**/*.md", "deploy/**/*.md"].flatMap((glob) => [...new Bun.Glob(glob).scanSync(ROOT)]);
const textOf = (page: string) => Bun.file(join(ROOT, page)).text();
const matches = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, match = ""]) => match);

/** Returns the anchors of a page, as GitHub derives them from its headings. */
async function anchorsOf(page: string): Promise<string[]> {
  const headings = matches(await textOf(page), /^#+ (.+)$/gm);
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\w -]/g, "")
      .replaceAll(" ", "-"),
  );
}

describe.each(pages)("%s", (page) => {
  it("has only links that resolve", async () => {
    for (const link of matches(await textOf(page), /(?:\]\(|src=")(?!https?:)([^)"]+)/g)) {
      const [path = "", anchor] = link.split("#");
      const target = path ? join(dirname(page), path) : page;
      expect([link, existsSync(join(ROOT, target))]).toEqual([link, true]);
      if (anchor) expect(await anchorsOf(target)).toContain(anchor);
    }
  });

  it("names only files and scripts that exist", async () => {
    const text = await textOf(page);
    const files = /(?<![\w./-])((?:src|views|static|scripts|test|docs|deploy|\.github|\.ci)\/[\w./-]*\w)(?![\w\\])/g;
    const example = "views/tasks/totals.tsx";
    expect(matches(text, files).filter((file) => file !== example && !existsSync(join(ROOT, file)))).toEqual([]);
    expect(matches(text, /bun run ([\w:]+)/g).filter((name) => !(name in packageJson.scripts))).toEqual([]);
  });
});

it("docs/configuration.md lists exactly the variables that the program reads", async () => {
  const names = new Set<string>();
  loadConfig(new Proxy({}, { get: (_, name) => void names.add(String(name)) }));
  expect(matches(await textOf("docs/configuration.md"), /^\| `([A-Z_]+)` \|/gm).sort()).toEqual([...names].sort());
});
