/** `@` and a username, unless it continues a word or an address, such as that of mail. */
const MENTION = /(?<![\w@./-])@(\w[\w.-]{1,63})/g;
/** Markup, with what mentions nobody: code and links. */
const MARKUP = /<(code|a)\b[^>]*>.*?<\/\1>|<[^>]*>/gs;

/**
 * Marks the mentions of members in rendered Markdown.
 * @param names the usernames of the members, in lower case
 * @returns the markup, and the usernames that it mentions
 */
export function markMentions(html: string, names: ReadonlySet<string>): { html: string; mentioned: Set<string> } {
  const mentioned = new Set<string>();
  const mark = (text: string) =>
    text.replace(MENTION, (found, word: string) => {
      // A dot or hyphen can be the end of a name, or come after it.
      const name = [word, word.replace(/[.-]+$/, "")].find((each) => names.has(each.toLowerCase()));
      if (name === undefined) return found;
      mentioned.add(name.toLowerCase());
      return `<span class="mention">@${name}</span>${word.slice(name.length)}`;
    });
  const parts: string[] = [];
  let end = 0;
  for (const { 0: markup, index } of html.matchAll(MARKUP)) {
    parts.push(mark(html.slice(end, index)), markup);
    end = index + markup.length;
  }
  parts.push(mark(html.slice(end)));
  return { html: parts.join(""), mentioned };
}
