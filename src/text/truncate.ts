let segmenter: Intl.Segmenter | undefined;

/** Shortens text to a number of characters as people count them, without cutting an emoji or a combined letter. */
export function truncate(text: string, length: number, ellipsis = ""): string {
  if (text.length <= length) return text;
  segmenter ??= new Intl.Segmenter(undefined, { granularity: "grapheme" });
  const characters: string[] = [];
  for (const { segment } of segmenter.segment(text)) {
    if (characters.length === length) return characters.slice(0, length - ellipsis.length).join("") + ellipsis;
    characters.push(segment);
  }
  return text;
}
