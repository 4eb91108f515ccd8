#!/usr/bin/env bun
import { join } from "node:path";
import { ROOT } from "./lib/image.ts";
import { Problem, runScript } from "./lib/script.ts";

const CHART = join(ROOT, "deploy", "chart", "taskflow");
const BEGIN = "<!-- made by bun scripts/chart-docs.ts: begin -->";
const END = "<!-- end -->";

const HELP = `bun scripts/chart-docs.ts: writes the table of values in deploy/chart/taskflow/README.md

  --check     only says whether the table is up to date; exit code 1 when it is not
  --dry-run   prints the table
  --help

Each value of values.yaml is explained by a line “# -- …” right above it; one above a group speaks for all of it.`;

await runScript({
  help: HELP,
  options: { check: { type: "boolean" } },
  async main({ check = false }, words, { dryRun }) {
    if (words.length > 0) throw new Problem(`there is nothing called “${words[0]}” to write; see --help`, 2);
    const table = tableOf(await Bun.file(join(CHART, "values.yaml")).text());
    if (dryRun) return console.log(table);
    const file = Bun.file(join(CHART, "README.md"));
    const before = await file.text();
    const [head, rest] = before.split(BEGIN);
    const tail = rest?.split(END)[1];
    if (tail === undefined) throw new Problem(`README.md of the chart lacks the lines ${BEGIN} and ${END}`);
    const after = `${head}${BEGIN}\n${table}\n${END}${tail}`;
    if (check && after !== before)
      throw new Problem("the table of values is not what values.yaml says: run bun scripts/chart-docs.ts");
    if (!check) await file.write(after);
  },
});

/** @throws Problem that names a value without a line above it */
function tableOf(text: string): string {
  const comments = commentsOf(text);
  const missing: string[] = [];
  /** A group is told as one where it has a comment, otherwise by its values. */
  function rows(value: unknown, path: string): string[] {
    const comment = comments.get(path);
    if (comment !== undefined) return [`| \`${path}\` | \`${JSON.stringify(value)}\` | ${comment} |`];
    if (value === null || typeof value !== "object" || Array.isArray(value)) {
      missing.push(path);
      return [];
    }
    return Object.entries(value).flatMap(([key, child]) => rows(child, path ? `${path}.${key}` : key));
  }
  const all = rows(Bun.YAML.parse(text), "");
  if (missing.length > 0) throw new Problem(`values.yaml: no line “# -- …” above ${missing.join(", ")}`);
  return ["| value | default | meaning |", "| --- | --- | --- |", ...all].join("\n");
}

/** The text above each value, by the value's path. */
function commentsOf(text: string): Map<string, string> {
  const comments = new Map<string, string>();
  const path: { key: string; indent: number }[] = [];
  let pending: string | undefined;
  for (const line of text.split("\n")) {
    const [, comment] = line.match(/^\s*# -- (.+)$/) ?? [];
    const [, space = "", key] = line.match(/^( *)(\w+):/) ?? [];
    if (key !== undefined) {
      while ((path.at(-1)?.indent ?? -1) >= space.length) path.pop();
      path.push({ key, indent: space.length });
      if (pending !== undefined) comments.set(path.map((each) => each.key).join("."), pending);
    }
    pending = comment;
  }
  return comments;
}
