import { type Static, Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { CommandError } from "../errors.ts";

/** 1 had no seal, and was never released. */
export const FORMAT = 2;

const Whole = Type.Integer({ minimum: 0 });
const Manifest = Type.Object(
  {
    format: Type.Literal(FORMAT),
    /** Of the program that made it. */
    version: Type.String({ pattern: "^\\d+\\.\\d+\\.\\d+" }),
    /** The engine it was made from; it can be restored into either. */
    engine: Type.Union([Type.Literal("sqlite"), Type.Literal("postgres")]),
    /** The newest migration that the database had had, by its hash. */
    migration: Type.String({ pattern: "^[0-9a-f]{64}$" }),
    createdAt: Type.String({ pattern: "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z$" }),
    rows: Type.Record(Type.String(), Whole),
    /** Of the database, which is a SQLite file. */
    bytes: Whole,
    sha256: Type.String({ pattern: "^[0-9a-f]{64}$" }),
  },
  { additionalProperties: false },
);

/** What a backup says of itself. */
export type Manifest = Readonly<Static<typeof Manifest>>;

/** @throws CommandError for what no version of TaskFlow wrote, or another one than this */
export function assertManifest(file: string, json: string): Manifest {
  let manifest: unknown;
  try {
    manifest = JSON.parse(json);
  } catch {
    throw foreign(file);
  }
  if (Value.Check(Manifest, manifest)) return manifest;
  const { format, version } = Object(manifest) as { format?: unknown; version?: unknown };
  if (typeof format !== "number") throw foreign(file);
  if (format > FORMAT)
    throw new CommandError(`${file} was made by a newer version of TaskFlow (${version}); use that one`);
  if (format === 1)
    throw new CommandError(
      `${file} is of a version before the first release, whose backups can't be checked; \`zstd -d\` makes a database of it, which restore takes`,
    );
  throw new CommandError(`${file} is damaged: its manifest makes no sense; use another one`);
}

const foreign = (file: string) => new CommandError(`${file} is not a backup of TaskFlow`);

/** What is known of data that is put back: all of it for a backup, less for a database file that was kept aside. */
export type Origin = Pick<Manifest, "engine" | "createdAt" | "rows"> & Partial<Pick<Manifest, "version">>;

const NAME = /^taskflow-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z(-empty)?\.db\.zst(\.age)?$/;

/**
 * @param empty whether there is no account in it: said in the name, as what is encrypted says nothing else of itself
 * @returns the name of a backup: its moment, in UTC, and what it is
 */
export const nameOf = (at: Date, encrypted: boolean, empty: boolean, prefix = "taskflow") =>
  `${prefix}-${at.toISOString().replace(/[-:.]/g, "")}${empty ? "-empty" : ""}.db.zst${encrypted ? ".age" : ""}`;

/** @returns what the name of a backup says; undefined for any other file */
export function readName(name: string): { at: Date; empty: boolean } | undefined {
  const [, ...parts] = NAME.exec(name) ?? [];
  if (parts.length === 0) return undefined;
  const [year, month, day, hour, minute, second, milliseconds, empty] = parts;
  const at = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}.${milliseconds}Z`);
  return Number.isNaN(at.getTime()) ? undefined : { at, empty: empty !== undefined };
}
