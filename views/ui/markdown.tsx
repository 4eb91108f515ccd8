import { type MarkdownOptions, renderMarkdown } from "../../src/text/markdown.ts";

interface MarkdownProps extends MarkdownOptions {
  text: string;
}

/** What somebody wrote, as Markdown. The renderer escapes it. */
export const Markdown = ({ text, ...options }: MarkdownProps) => (
  <div class="markdown" dir="auto">
    {renderMarkdown(text, options) as "safe"}
  </div>
);
