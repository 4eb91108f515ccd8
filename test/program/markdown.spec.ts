import { describe, expect, it } from "bun:test";
import { firstLine, renderMarkdown, tasksLinkedIn, tickBox } from "../../src/text/markdown.ts";

const id = "019aab2c-7f3e-7000-8b2a-3d5e6f708192";
const other = "019aab2c-7f3e-7000-8b2a-3d5e6f708193";
const titles = new Map([[id, "Call <Marta>"]]);
const away = 'target="_blank" rel="noopener noreferrer nofollow"';
const mention = (words: string) => `<a class="task-mention" href="/tasks/${id}">${words}</a>`;

describe("Markdown", () => {
  it.each([
    ["**a** *b* ~~c~~ `d`", "<p><strong>a</strong> <em>b</em> <del>c</del> <code>d</code></p>"],
    ["one\ntwo  \nthree\n\nfour", "<p>one<br>two<br>three</p><p>four</p>"],
    ["# Top\n###### Low", "<h3>Top</h3><h6>Low</h6>"],
    ["- a\n  - b\n- c", "<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>"],
    ["3. a\n4. b", '<ol start="3"><li>a</li><li>b</li></ol>'],
    ["> q", "<blockquote><p>q</p></blockquote>"],
    ["```js\na < b\n```", "<pre><code>a &lt; b&#10;</code></pre>"],
    [
      "| a | b |\n|---|--:|\n| 1 | 2 |",
      '<table><thead><tr><th>a</th><th class="align-right">b</th></tr></thead><tbody><tr><td>1</td><td class="align-right">2</td></tr></tbody></table>',
    ],
    ["www.example.com", `<p><a href="http://www.example.com/" ${away}>www.example.com</a></p>`],
    [
      "<https://example.com/?a=1&b=2>",
      `<p><a href="https://example.com/?a=1&amp;b=2" ${away}>https://example.com/?a=1&amp;b=2</a></p>`,
    ],
    ["me@example.com", '<p><a href="mailto:me@example.com">me@example.com</a></p>'],
    ["[call](tel:+49151)", '<p><a href="tel:+49151">call</a></p>'],
    ["[list](/today?q=a)", '<p><a href="/today?q=a">list</a></p>'],
    [
      '![plan *b*](https://example.com/a.png "Ti\\"t")',
      `<p><a href="https://example.com/a.png" title="Ti&quot;t" ${away}>plan b</a></p>`,
    ],
    ["[![i](http://a.com/i)](http://b.com)", `<p><a href="http://b.com/" ${away}>i</a></p>`],
  ])("renders %j", (text, html) => expect(renderMarkdown(text)).toBe(html));

  it.each([
    ["<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"],
    ["a <img src=x onerror=alert(1)> b", "<p>a &lt;img src=x onerror=alert(1)&gt; b</p>"],
    ["&lt;b&gt; &amp;", "<p>&lt;b&gt; &amp;</p>"],
    ["[x](javascript:alert(1))", "<p>x</p>"],
    ["[x](java&#115;cript:alert(1))", "<p>x</p>"],
    ["[x](<java\tscript:alert(1)>)", "<p>x</p>"],
    ["[x](<\u0001javascript:alert(1)>)", "<p>x</p>"],
    ["![x](data:text/html,x)", "<p>x</p>"],
    ["[x](//example.com) [y](/\\example.com) [z](relative)", "<p>x y z</p>"],
    [
      '[x](https://example.com/"onclick=alert(1))',
      `<p><a href="https://example.com/%22onclick=alert(1)" ${away}>x</a></p>`,
    ],
  ])("makes %j harmless", (text, html) => expect(renderMarkdown(text)).toBe(html));

  it("shows the titles of tasks, and only of those that are given", () => {
    const text = `http://nas/tasks/${id} and [](/tasks/${id}), [her](/tasks/${id})\n\`http://nas/tasks/${id}\` /tasks/${other}`;
    expect(tasksLinkedIn(text)).toEqual([id, other]);
    const title = mention("Call &lt;Marta&gt;");
    const her = mention("her");
    const code = `<code>http://nas/tasks/${id}</code> /tasks/${other}`;
    expect(renderMarkdown(text, { titles })).toBe(`<p>${title} and ${title}, ${her}<br>${code}</p>`);
    expect(renderMarkdown(`https://example.com/tasks/${id}`, { titles })).toBe(`<p>${title}</p>`);
    expect(renderMarkdown(`https://example.com/tasks/${id}`)).toContain(">https://example.com/tasks/");
  });

  it("numbers boxes in the order of the text, and ticks them", () => {
    const text = "- [ ] one **b**\n  1. [x] two\n\n```\n- [ ] code\n```\n> * [X] three\n\n+ [ ]";
    const boxes: string[] = [];
    renderMarkdown(text, { box: (...each) => String(boxes.push(each.join())) });
    expect(boxes).toEqual(["0,false,one b", "1,true,two", "2,true,three", "3,false,"]);
    expect(tickBox(text, 0, true)).toBe(text.replace("[ ] one", "[x] one"));
    expect(tickBox(text, 1, false)).toBe(text.replace("[x] two", "[ ] two"));
    expect(tickBox(text, 2, false)).toBe(text.replace("[X]", "[ ]"));
    expect(tickBox(text, 3, true)).toBe(`${text.slice(0, -2)}x]`);
    expect(tickBox(text, 4, true)).toBeUndefined();
  });

  it("says the first line without its markup", () => {
    const lines = ["# **Hi** there\nx", "- [ ] [buy](/x)", "```\ncode\n```", "\n\n plain", "<b>", "> q", ""];
    expect(lines.map(firstLine)).toEqual(["Hi there", "buy", "code", "plain", "<b>", "q", ""]);
  });

  it.each([
    [">", ">".repeat(10_000)],
    ["lists", "* + ".repeat(2_500)],
    ["emphasis", "*a **b ".repeat(700) + " c** d*".repeat(700)],
    ["brackets", "[".repeat(10_000)],
    ["images", "![".repeat(1400) + "](x)".repeat(1400)],
  ])("renders 10,000 characters of nested %s in time", (_, text) => {
    const start = performance.now();
    renderMarkdown(text);
    tickBox(text, 0, true);
    firstLine(text);
    // Without bounds some of them take seconds.
    expect(performance.now() - start).toBeLessThan(500);
  });
});
