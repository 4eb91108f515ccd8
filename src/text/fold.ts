/** Letters that no Unicode normalization maps to their plain form. */
const LETTERS: Readonly<Record<string, string>> = {
  ß: "ss",
  ς: "σ",
  ı: "i",
  ł: "l",
  đ: "d",
  ð: "d",
  ø: "o",
  æ: "ae",
  œ: "oe",
  þ: "th",
  ħ: "h",
  ŧ: "t",
  ŋ: "n",
  // Arabic as typed on Persian keyboards.
  ی: "ي",
  ى: "ي",
  ک: "ك",
  "‘": "'",
  "’": "'",
  "‚": "'",
  "‛": "'",
  "′": "'",
  ʼ: "'", // the apostrophe of Ukrainian
  "׳": "'", // geresh and gershayim of Hebrew
  "״": '"',
  "“": '"',
  "”": '"',
  "„": '"',
  "‟": '"',
  "″": '"',
  "«": '"',
  "»": '"',
  "⁄": "/",
  "−": "-",
};

const MAPPED = new RegExp(`[${Object.keys(LETTERS).join("")}]`, "gu");
/** Invisible characters, tatweel (which only stretches a word) and variation selectors. */
const IGNORED = /\p{Cf}|\u0640|[\ufe00-\ufe0f]/gu;
const DASHES = /\p{Pd}/gu;
/** Marks are accents in these scripts. In Indic scripts, Thai and kana they distinguish letters. */
const ACCENTED = /([\p{Script=Latin}\p{Script=Greek}\p{Script=Arabic}\p{Script=Hebrew}])\p{M}+/gu;
/** In Cyrillic only stress marks are accents: й and ё are letters. */
const STRESSED = /(\p{Script=Cyrillic})[\u0300\u0301]+/gu;
const NOT_ASCII = /[^\0-\x7f]/;

/**
 * Folds text for search and sorting: texts that people read as the same get the same key, in every script and on every
 * engine. Ignores case, accents, and the forms of quotes and dashes.
 */
export function fold(text: string): string {
  if (!NOT_ASCII.test(text)) return text.toLowerCase();
  return text
    .normalize("NFKD")
    .toLowerCase()
    .replace(IGNORED, "")
    .replace(ACCENTED, "$1")
    .replace(STRESSED, "$1")
    .replace(MAPPED, (letter) => LETTERS[letter] ?? letter)
    .replace(DASHES, "-")
    .normalize("NFC");
}

/** Matches a character that shows nothing: spaces, control and zero-width characters, fillers, the Braille blank. */
export const INVISIBLE = "[\\p{Z}\\p{C}\\p{Default_Ignorable_Code_Point}\\u2800]";

/** Folds a name for uniqueness: names that look the same are the same, but accents distinguish them. */
export const foldName = (name: string): string =>
  name.normalize("NFKC").toLowerCase().replace(new RegExp(INVISIBLE, "gu"), "");
