/** Returns a count with its noun, such as "1 task" or "1,200 tasks". */
export const plural = (count: number, one: string, many = `${one}s`) =>
  `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
