import { describe, expect, it } from "bun:test";
import { signUp } from "../support/client.ts";
import { contractUrl } from "../support/contract.ts";
import { createTask, type Page, type Task } from "../support/tasks.ts";

const url = await contractUrl();
const client = await signUp(url);

async function finds(title: string, query: string): Promise<boolean> {
  const { id } = await createTask(client, title);
  const response = await client.send(`/api/tasks?${new URLSearchParams({ q: query, limit: "200" })}`);
  return ((await response.json()) as Page<Task>).items.some((task) => task.id === id);
}

describe("search", () => {
  it.each([
    ["οδός", "ΟΔΟΣ"],
    ["Straße", "STRASSE"],
    ["ılık", "ilik"],
    ["Łódź", "lodz"],
    ["đường", "duong"],
    ["Smørrebrød", "smorrebrod"],
    ["Encyclopædia", "encyclopaedia"],
    ["it’s “done”", `it's "done"`],
    ["well\u2011known", "well-known"],
    ["at \u22125 °C", "at -5 °C"],
    ["мʼята", "м'ята"],
    ["צה״ל", 'צה"ל'],
    ["soft\u00adware", "software"],
    ["zero\u200bwidth", "zerowidth"],
    ["½ litre", "1/2 litre"],
    ["مـحـمد", "محمد"],
    ["علی", "علي"],
    ["за́мок", "замок"],
    ["שָׁלוֹם", "שלום"],
  ])("finds %s with the query %s", async (title, query) => {
    expect(await finds(title, query)).toBe(true);
    expect(await finds(query, title)).toBe(true);
  });

  it.each([
    ["ハス", "バス"],
    ["काम", "कम"],
    ["กน", "กิน"],
    ["Йод", "иод"],
  ])("does not find %s with the query %s", async (title, query) => expect(await finds(title, query)).toBe(false));
});
