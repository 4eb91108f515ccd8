import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { $ } from "zx";
import { type Finding, type Findings, ofKind, type Rendering } from "./objects.ts";
import { containersOf, environmentOf, podTemplates } from "./pods.ts";
import { type Kustomization, shown } from "./sources.ts";

/** What looks like a secret wherever it stands. */
const PATTERNS: readonly (readonly [what: string, pattern: RegExp])[] = [
  ["a private key", /-----BEGIN [A-Z ]*PRIVATE KEY-----/],
  ["an age key", /AGE-SECRET-KEY-1[0-9A-Z]{20,}/],
  ["a signed token", /\beyJ[\w-]{10,}\.eyJ[\w-]{10,}/],
  ["a token", /\b(?:gh[pousr]_\w{30,}|glpat-[\w-]{20,}|AKIA[0-9A-Z]{16}|xox[bap]-[\w-]{10,}|npm_\w{30,})/],
  [
    "a password in an address",
    /\b[a-z][a-z0-9+]*:\/\/[^\s:/@"'{}]+:(?!(?:password|PASSWORD|\.\.\.|…)@)[^\s/@"'${}<>]+@/,
  ],
];
/** A name that says "secret" with a value beside it: `JWT_SECRET: abc…`, `password = "…"`, `--from-literal=token=…`. */
const ASSIGNMENT =
  /(?:^|[\s"'{,=-])([\w.-]*(?:password|passwd|passphrase|secret|token|api[-_]?key|private[-_]?key)[\w.-]*)["']?\s*[:=]\s*["']?([^\s"'#,}]+)/gi;
/** Names that say where a secret is, or something about it, and not what it is. */
const ABOUT =
  /(?:name|namespace|file|path|ref|key|keyref|generator|store|class|type|enabled|create|optional|provider|mount|mountpath|automount\w*token|accounttoken|expirationseconds|secrets|existing\w*)$/i;
/** Files in which a name with a value beside it is just that; in prose it may be a sentence. */
const SETTINGS = /\.(?:ya?ml|json|toml|env|properties|conf|ini|tpl)$|(?:^|\/)\.env[^/]*$/;

/**
 * No secret in git: neither in a Secret, nor in plain words anywhere in the folders.
 * @param folders of which every file is read that git would take
 */
export async function checkFiles(folders: readonly string[]): Promise<Finding[]> {
  const files = await Promise.all(folders.map(filesIn));
  return [...new Set(files.flat())].sort().flatMap((file) => {
    const lines = readFileSync(file, "utf8").split("\n");
    return lines.flatMap((line, index) =>
      [...secretsIn(line, SETTINGS.test(file))].map((what) => ({
        file: shown(file),
        path: `line ${index + 1}`,
        message: `${what}: no secret belongs in git`,
      })),
    );
  });
}

async function filesIn(folder: string): Promise<string[]> {
  const git = await $({
    nothrow: true,
    quiet: true,
    cwd: folder,
  })`git ls-files -z --cached --others --exclude-standard`;
  const names =
    git.exitCode === 0
      ? git.stdout.split("\0").filter(Boolean)
      : [...new Bun.Glob("**/*").scanSync({ cwd: folder, dot: true })];
  const files = names.map((name) => resolve(folder, name));
  const there = await Promise.all(files.map((file) => Bun.file(file).exists()));
  return files.filter((_, index) => there[index]);
}

function* secretsIn(line: string, settings: boolean): Generator<string> {
  const shortest = settings && !/^\s*(?:#|\/\/)/.test(line) ? 4 : 8;
  for (const [what, pattern] of PATTERNS) if (pattern.test(line)) yield `looks like ${what}`;
  for (const [, name = "", value = ""] of line.matchAll(ASSIGNMENT))
    if (!ABOUT.test(name) && !/^existing/i.test(name) && value.length >= shortest && looksSecret(name, value))
      yield `${name} looks like a secret`;
  for (const [word] of line.matchAll(/[A-Za-z0-9+/_-]{32,}={0,2}/g))
    if (isRandom(word)) yield "looks like a random key";
}

/** Templates, variables, files, what stands for nothing, and the name of a key (`jwtSecret: jwt-secret`) are no secrets. */
function looksSecret(name: string, value: string): boolean {
  const letters = (text: string) => text.toLowerCase().replace(/[^a-z]/g, "");
  if (!/\d/.test(value) && letters(name).endsWith(letters(value))) return false;
  return !/^(?:[$<{[/|>&*!`]|true$|false$|null$|none$|taskflow-)/i.test(value);
}

/** Mixed letters and digits as chance mixes them: a digest in hexadecimal or a long name is not that. */
function isRandom(word: string): boolean {
  if (!/[a-z]/.test(word) || !/[A-Z]/.test(word) || !/\d/.test(word)) return false;
  const counts = new Map<string, number>();
  for (const letter of word) counts.set(letter, (counts.get(letter) ?? 0) + 1);
  const entropy = [...counts.values()].reduce((sum, n) => sum - (n / word.length) * Math.log2(n / word.length), 0);
  return entropy > 4.3;
}

/** No Secret with data comes out of the manifests, and no container is given one in plain words. */
export function* checkSecrets(rendering: Rendering): Findings {
  for (const object of ofKind(rendering, "Secret"))
    for (const field of ["data", "stringData"] as const)
      if (Object.keys(object[field] ?? {}).length > 0)
        yield { object, path: field, message: "a Secret's data belongs to the deploy script, not into git" };
  for (const template of podTemplates(rendering))
    for (const { container, path } of containersOf(template)) {
      const environment = environmentOf(rendering, template, container);
      for (const [name, value] of environment)
        if (value && /(?:PASSWORD|PASSPHRASE|SECRET|SECRET_PREVIOUS|TOKEN)$/.test(name)) {
          const message = `${name} is given in plain words: take it from a Secret`;
          yield { object: template.object, path: `${path}.env`, message };
        }
    }
}

/** A generator with literals writes the secret into the kustomization. */
export function* checkGenerators(kustomizations: readonly Kustomization[]): Findings {
  for (const { content, file } of kustomizations) {
    const generators = Array.isArray(content.secretGenerator) ? (content.secretGenerator as object[]) : [];
    for (const [index, generator] of generators.entries())
      if ("literals" in generator) {
        const message = "writes secrets into git: the deploy script makes them";
        yield { file: shown(file), path: `secretGenerator[${index}].literals`, message };
      }
  }
}
