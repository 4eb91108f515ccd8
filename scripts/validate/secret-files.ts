import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { $ } from "zx";
import type { Finding, KubernetesObject } from "./objects.ts";
import { shown } from "./sources.ts";

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
  [
    "a password in an address",
    /\b[a-z][a-z0-9+]*:\/\/[^\s"'`<>]*[?&](?:ssl)?password=(?!(?:password|PASSWORD|\.\.\.|…)\b)[^\s&"'`${}<>]+/,
  ],
];
/** Files of programs that keep a password in a place of their own. */
const KEEPERS: readonly (readonly [file: RegExp, what: string, pattern: RegExp])[] = [
  [/(?:^|\/)[._]netrc$/, "a password", /\bpassword\s+\S+/],
  [/(?:^|\/)\.?pgpass(?:\.conf)?$/, "a password", /^[^#:\s]+:[^:]*:[^:]*:[^:]*:\S+/],
  [/\.json$|(?:^|\/)\.dockercfg$/, "a registry's credentials", /"(?:auth|identitytoken)"\s*:\s*"[\w+/=.-]{8,}"/],
];
/** A name that says "secret" with a value beside it: `JWT_SECRET: abc…`, `password = "…"`, `--from-literal=token=…`. */
const ASSIGNMENT =
  /(?:^|[\s"'{,=-])([\w.-]*(?:password|passwd|passphrase|[_-]pass|secret|token|api[-_]?key|private[-_]?key)[\w.-]*)["']?\s*[:=]\s*["']?([^\s"'#,}]+)/gi;
/** Names that say where a secret is, or something about it, and not what it is. */
const ABOUT =
  /(?:name|namespace|file|path|ref|(?<!api[-_]?|private[-_]?)key|keyref|generator|store|class|type|enabled|create|optional|provider|mount|mountpath|automount\w*token|accounttoken|expirationseconds|secrets|checksum|existing\w*)$/i;
/** Files in which a name with a value beside it is just that; in prose it may be a sentence. */
const SETTINGS = /\.(?:ya?ml|json5?|toml|env|properties|conf|ini|tpl)$|(?:^|\/)\.env[^/]*$/;
/** A file with such a name that holds one word holds a secret. */
const NAMED = /(?:^|\/)[\w.-]*(?:secret|password|passwd|passphrase|token|api[-_]?key)[\w-]*(?:\.txt)?$/i;
/** Programs name secrets all the time; what they hold of them would be a key, or be known by its shape. */
const CODE = /\.(?:[cm]?[jt]sx?|css|html|sql)$/;
/** Digests of packages, and what a tool has written down, are random as well. */
const GENERATED = /(?:^|\/)(?:bun\.lock|package-lock\.json|go\.sum)$|\.(?:snap|svg|map|lock)$|\.min\.js$/;
const ABOUT_DIGESTS = /sha\d|digest|checksum|integrity|hash|commit|revision|thumbprint|fingerprint/i;
/** Sealed Secrets, and what SOPS has encrypted: both may be in git. */
const SEALED = /\bkind["']?\s*:\s*["']?(?:SealedSecret|SopsSecret)\b|^sops:|"sops"\s*:/m;

/**
 * No secret in git: neither in a Secret, nor in plain words anywhere in the folders.
 * @param folders of which every file is read that git would take; without git, every file
 */
export async function checkFiles(folders: readonly string[]): Promise<Finding[]> {
  const files = await Promise.all(folders.map(filesIn));
  return [...new Set(files.flat())].sort().flatMap((file) => {
    const text = readFileSync(file, "utf8");
    return text.slice(0, 8000).includes("\0") ? [] : [...secretsIn(file, text)];
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
      : [...new Bun.Glob("**/*").scanSync({ cwd: folder, dot: true })].filter(
          (name) => !name.includes("node_modules/"),
        );
  const files = names.map((name) => resolve(folder, name));
  const there = await Promise.all(files.map((file) => Bun.file(file).exists()));
  return files.filter((_, index) => there[index]);
}

function* secretsIn(file: string, text: string): Generator<Finding> {
  if (NAMED.test(file) && /^\S{8,}$/.test(text.trim()))
    yield {
      file: shown(file),
      path: "line 1",
      message: "is named as a secret and holds one: no secret belongs in git",
    };
  let first = 0;
  for (const document of text.split(/^(?=---\s*$)/m)) {
    yield* secretObjects(file, document);
    const lines = document.split("\n");
    const keepers = KEEPERS.filter(([name]) => name.test(file));
    const rules = { settings: SETTINGS.test(file), code: CODE.test(file), keys: !GENERATED.test(file), keepers };
    if (SEALED.test(document)) rules.keys = false;
    for (const [index, line] of lines.entries())
      for (const what of new Set(secretsOf(line, rules)))
        yield {
          file: shown(file),
          path: `line ${first + index + 1}`,
          message: `${what}: no secret belongs in git; change it if it is real, and take it out`,
        };
    first += lines.length - 1;
  }
}

interface Rules {
  readonly keepers?: typeof KEEPERS;
  readonly settings: boolean;
  readonly code: boolean;
  /** Whether what is random is a key. */
  readonly keys: boolean;
}

function* secretsOf(whole: string, { settings, code, keys, keepers = [] }: Rules): Generator<string> {
  const line = whole.replaceAll(/ENC\[[^\]]*\]/g, "");
  for (const [, what, pattern] of keepers) if (pattern.test(line)) yield `looks like ${what}`;
  for (const [what, pattern] of PATTERNS) if (pattern.test(line) && !code) yield `looks like ${what}`;
  if (!keys) return;
  const shortest = settings && !/^\s*(?:#|\/\/)/.test(line) ? 4 : 8;
  if (!code)
    for (const [, name = "", value = ""] of line.matchAll(ASSIGNMENT))
      if (!ABOUT.test(name) && !/^existing/i.test(name) && value.length >= shortest && looksSecret(name, value))
        yield `${name} looks like a secret`;
  if (ABOUT_DIGESTS.test(line) || (code && /^(?:import|export)\b.* from /.test(line))) return;
  // In a program only what is quoted as a whole: its names and paths are long, too.
  const words = code
    ? line.matchAll(/(?<=["'`])[A-Za-z0-9+/_-]{24,}={0,2}(?=["'`])/g)
    : line.matchAll(/[A-Za-z0-9+/_-]{24,}={0,2}/g);
  for (const [word] of words) {
    if (isKey(word)) yield "looks like a random key";
    if (!code && /^[\x20-\x7e\s]+$/.test(atobOrNothing(word)))
      for (const what of secretsOf(atobOrNothing(word), { settings: false, code: false, keys: true })) yield what;
  }
}

/** Base64 hides nothing. */
function atobOrNothing(word: string): string {
  const text = word.length % 4 === 0 || word.endsWith("=") ? Buffer.from(word, "base64").toString("latin1") : "";
  return text.length > 8 ? text : "";
}

/** A Secret with data in a file, whether or not an overlay takes it. */
function* secretObjects(file: string, document: string): Generator<Finding> {
  if (!/\.(?:ya?ml|json)$/.test(file) || !/\bkind["']?\s*:\s*["']?Secret\b/.test(document)) return;
  for (const object of objectsIn(document)) {
    if (object.kind !== "Secret" || "sops" in object) continue;
    for (const field of ["data", "stringData"] as const) {
      const values = Object.values((object as { data?: object; stringData?: object })[field] ?? {});
      if (values.some((value) => typeof value === "string" && value !== "" && !value.startsWith("ENC[")))
        yield {
          file: shown(file),
          object,
          path: field,
          message: "a Secret's data belongs to the deploy script, not into git",
        };
    }
  }
}

/** @returns nothing where it is a template of Helm's: that is looked at once it is rendered */
function objectsIn(document: string): KubernetesObject[] {
  try {
    const all = [Bun.YAML.parse(document)].flat() as (KubernetesObject & { items?: KubernetesObject[] })[];
    return all.filter(Boolean).flatMap((each) => each.items ?? [each]);
  } catch {
    return [];
  }
}

/** Templates, variables, files, what stands for nothing, and the name of a key (`jwtSecret: jwt-secret`) are no secrets. */
function looksSecret(name: string, value: string): boolean {
  const letters = (text: string) => text.toLowerCase().replace(/[^a-z]/g, "");
  if (!/\d/.test(value) && letters(name).endsWith(letters(value))) return false;
  return !/^(?:[$<{[/|>&*!`]|(?:true|false|null|none|read|write)$|taskflow-)/i.test(value);
}

/** Whether a word is a key: what `openssl rand` writes, in base64 or in hexadecimal. */
export function isKey(word: string): boolean {
  if (/^(?:[0-9a-f]{48}|[0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128})$/i.test(word)) return entropyOf(word) > 3;
  return word.length >= 32 && isMixed(word) && !/[^\w+/=-]/.test(word) && entropyOf(word) > 4.3;
}

/** Mixed letters and digits as chance mixes them: a long name is not that. */
const isMixed = (word: string) => /[a-z]/.test(word) && /[A-Z]/.test(word) && /\d/.test(word);

/** Shannon's, in bits for each letter. */
function entropyOf(word: string): number {
  const counts = new Map<string, number>();
  for (const letter of word) counts.set(letter, (counts.get(letter) ?? 0) + 1);
  return [...counts.values()].reduce((sum, n) => sum - (n / word.length) * Math.log2(n / word.length), 0);
}
