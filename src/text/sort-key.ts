import { fold } from "./fold.ts";

const MAX_DIGITS = 99;

/**
 * Returns a key that sorts text naturally when keys are compared byte by byte: "Item 2" before "Item 10". Each number is
 * preceded by how many digits it has.
 */
export const sortKey = (text: string): string =>
  fold(text).replace(/\d+/g, (number) => {
    const digits = number.replace(/^0+(?=\d)/, "");
    return `${Math.min(digits.length, MAX_DIGITS)}`.padStart(2, "0") + digits;
  });
