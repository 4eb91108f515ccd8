/** What a text refers to, and how its boxes can be ticked. */
export interface MarkdownOptions {
  /** The titles of the tasks that the reader may see, by id. A link to one of them shows its title. */
  readonly titles?: ReadonlyMap<string, string> | undefined;
  /** Returns the markup of a box. By default it can't be ticked. @param index its place in the text */
  readonly box?: ((index: number, checked: boolean, label: string) => string) | undefined;
}

/** A part of the result. What it contains is text in which tokens name other parts, and a line break is one. */
interface Part {
  readonly open: string;
  readonly inner: string;
  readonly close: string;
  readonly kind?: "block" | "text" | "link" | "code" | undefined;
  /** Whether the box before it is ticked. */
  readonly checked?: boolean | undefined;
  /** What code shows in place of a title. */
  readonly address?: string;
}

/** A single line break stays one. HTML is text, which is escaped; with `noHtmlSpans`, <https://…> would not be a link. */
const OPTIONS = { autolinks: true, hardSoftBreaks: true, noHtmlBlocks: true };
const SCHEMES = ["http:", "https:", "mailto:", "tel:"];
const ID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";
const TASK_PATH = new RegExp(`^[^?#]*/tasks/(${ID})/?(?:[?#]|$)`);
/** Also on a host without a dot, which the parser takes for text. */
const TASK_ADDRESS = new RegExp(`\\bhttps?://[^\\s<>"']+/tasks/(${ID})\\b`, "g");
/** What looks like a box; in a code block it is none. */
const BOX = /^((?:[\s>]|[-*+]\s|\d{1,9}[.)]\s)*(?:[-*+]|\d{1,9}[.)])\s+\[)([ xX])(\])(?=\s|$)/gm;
/** Quotes and lists within each other, in one line. */
const NESTED = /^((?:[ \t]*(?:>|(?:[-*+]|\d{1,9}[.)])(?=[ \t]))){20}[ \t]*)(?=[->*+\d])/gm;

const parse = (text: string, callbacks: Bun.markdown.RenderCallbacks) =>
  Bun.markdown.render(text.replace(NESTED, "$1\\"), callbacks, OPTIONS);

/**
 * Renders Markdown as HTML. Everything that was written is escaped, HTML included; only addresses of web sites, mail, phone
 * numbers and this site become links, and images become links, too.
 */
export function renderMarkdown(text: string, { titles, box = staticBox }: MarkdownOptions = {}): string {
  // A callback gets what the ones within it returned. Tokens keep that short: markup would be copied at each level.
  const parts: Part[] = [];
  const part = (open: string, inner = "", close = "", more: Pick<Part, "kind" | "checked" | "address"> = {}) =>
    `\0${parts.push({ open, inner, close, ...more }) - 1};`;
  const partsIn = (inner: string) => [...inner.matchAll(/\0(\d+);/g)].map(([, index]) => parts[Number(index)] as Part);
  const inline = (name: string) => (inner: string) => part(`<${name}>`, inner, `</${name}>`);
  const block = (name: string) => (inner: string) => part(`<${name}>`, inner, `</${name}>`, { kind: "block" });
  const cell = (name: string) => (inner: string, meta?: { align?: string }) =>
    part(`<${name}${meta?.align ? ` class="align-${meta.align}"` : ""}>`, inner, `</${name}>`);
  const words = (plain: string) => part(escaped(plain), "", "", { kind: "text" });
  const textOf = (inner: string): string =>
    partsIn(inner)
      .map(({ kind, open, inner }) => (kind === "text" ? open : textOf(inner)))
      .join("");

  /** The task is this site's, whatever the host in the address. */
  const mention = (id: string, label: string, address: string) =>
    part(`<a class="task-mention" href="/tasks/${id}">`, label, "</a>", { kind: "link", address });

  /** @param label tokens @param href as it was written: a link to a task with no other words shows its title */
  function link(label: string, href: string, title = "") {
    const target = targetOf(href);
    if (target === undefined) return label;
    const shown = label === "" ? words(target) : label;
    const id = TASK_PATH.exec(target)?.[1] ?? "";
    const task = titles?.get(id);
    if (task !== undefined) {
      const isBare = label === "" || textOf(label) === escaped(href);
      return mention(id, isBare ? words(task) : shown, target);
    }
    const hint = title && ` title="${escaped(unescaped(title))}"`;
    const away = /^https?:/.test(target) ? ' target="_blank" rel="noopener noreferrer nofollow"' : "";
    return part(`<a href="${escaped(target)}"${hint}${away}>`, shown, "</a>", { kind: "link" });
  }

  const root = parse(text, {
    text(plain) {
      const pieces: string[] = [];
      let end = 0;
      for (const { 0: address, 1: id = "", index } of titles ? plain.matchAll(TASK_ADDRESS) : []) {
        if (!titles?.has(id)) continue;
        pieces.push(words(plain.slice(end, index)), mention(id, words(titles?.get(id) ?? ""), address));
        end = index + address.length;
      }
      return [...pieces, words(plain.slice(end))].join("");
    },
    // The page has headings of its own above.
    heading: (inner, { level }) => block(`h${Math.min(level + 2, 6)}`)(inner),
    paragraph: block("p"),
    blockquote: block("blockquote"),
    code: (inner) => part("<pre><code>", inner, "</code></pre>", { kind: "code" }),
    codespan: (inner) => part("<code>", inner, "</code>", { kind: "code" }),
    list: (inner, { ordered, start = 1 }) =>
      ordered ? part(`<ol start="${start}">`, inner, "</ol>", { kind: "block" }) : block("ul")(inner),
    listItem: (inner, { checked }) =>
      part(checked === undefined ? "<li>" : '<li class="has-box">', inner, "</li>", { kind: "block", checked }),
    hr: () => part("<hr>"),
    table: block("table"),
    thead: block("thead"),
    tbody: block("tbody"),
    tr: block("tr"),
    th: cell("th"),
    td: cell("td"),
    strong: inline("strong"),
    emphasis: inline("em"),
    strikethrough: inline("del"),
    link: (inner, { href, title }) => link(inner, href, title),
    // No page requests anything from another host.
    image: (inner, { src, title }) => link(inner, src, title),
  });

  const html: string[] = [];
  let boxes = 0;
  /** @param within what makes links plain text */
  function write(inner: string, within?: "link" | "code") {
    for (const [token, index, other] of inner.matchAll(/\0(\d+);|([^\0]+)/g)) {
      if (index === undefined) {
        html.push(escaped(other ?? token).replaceAll("&#10;", "<br>"));
        continue;
      }
      const { open, inner, close, kind, checked, address } = parts[Number(index)] as Part;
      const isPlain = kind === "link" && within !== undefined;
      if (isPlain && within === "code" && address) {
        html.push(escaped(address));
        continue;
      }
      if (!isPlain) html.push(open);
      if (checked !== undefined) html.push(box(boxes++, checked, labelOf(inner)));
      write(inner, kind === "code" || kind === "link" ? kind : within);
      if (!isPlain) html.push(close);
    }
  }

  /** Returns the words beside a box. */
  function labelOf(inner: string): string {
    const [first] = partsIn(inner);
    if (first?.open === "<p>") return labelOf(first.inner);
    const line = partsIn(inner.split("\n", 1)[0] ?? "");
    const end = line.findIndex(({ kind }) => kind === "block");
    return line
      .slice(0, end < 0 ? line.length : end)
      .map(({ kind, open, inner }) => (kind === "text" ? open : textOf(inner)))
      .join("");
  }

  write(root);
  return html.join("");
}

/** Returns the ids of the tasks that a text links to. */
export const tasksLinkedIn = (text: string): string[] => [
  ...new Set([...text.matchAll(new RegExp(`/tasks/(${ID})`, "g"))].map(([, id = ""]) => id)),
];

/** Returns the first line of a text without its markup. */
export function firstLine(text: string): string {
  const line = (inner: string) => `\n${inner}\n`;
  const lines = { paragraph: line, heading: line, listItem: line, code: line, th: line, td: line, blockquote: line };
  return parse(text.slice(0, 1000), lines).trim().split("\n", 1)[0] ?? "";
}

/** Returns a text with one box ticked or not, or undefined if it has no such box. @param index its place in the text */
export function tickBox(text: string, index: number, checked: boolean): string | undefined {
  // Each gets a number, and the parser says which ones are boxes.
  let count = 0;
  const numbered = text.replace(BOX, (marker) => `${marker} \uE000${count++}\uE001`);
  const found = parse(numbered, {
    listItem: (inner, { checked }) => (checked === undefined ? inner : `\0${inner}`),
  }).matchAll(/\0\s*\uE000(\d+)\uE001/g);
  const wanted = [...found][index]?.[1];
  if (wanted === undefined) return undefined;
  count = 0;
  return text.replace(BOX, (marker, before: string, _, after: string) =>
    String(count++) === wanted ? `${before}${checked ? "x" : " "}${after}` : marker,
  );
}

const staticBox = (_: number, checked: boolean) =>
  `<span class="box" role="img" aria-label="${checked ? "Done" : "Not done"}"${checked ? " data-checked" : ""}></span>`;

const SITE = "http://site.invalid";

/** Returns the address that a link may lead to, or undefined. */
function targetOf(href: string): string | undefined {
  const written = unescaped(href).trim();
  if (/^[\w.+-]+@[\w.-]+$/.test(written)) return `mailto:${written}`;
  const address = /^www\./i.test(written) ? `http://${written}` : written;
  if (URL.canParse(address)) {
    const url = new URL(address);
    return SCHEMES.includes(url.protocol) ? url.href : undefined;
  }
  // Within this site: "//host" and "/\host" lead to another one.
  if (!address.startsWith("/") || !URL.canParse(address, SITE)) return undefined;
  const url = new URL(address, SITE);
  return url.origin === SITE ? `${url.pathname}${url.search}${url.hash}` : undefined;
}

/** Returns what a link's address or title says: the parser leaves their escapes as they are. */
const unescaped = (text: string) => text.replace(/\\([!-/:-@[-`{-~])/g, "$1").replaceAll("&amp;", "&");

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
  "\n": "&#10;",
  "\0": "\uFFFD",
};
const escaped = (text: string) => text.replace(/[&<>"'\n\0]/g, (character) => ESCAPES[character] ?? "");
