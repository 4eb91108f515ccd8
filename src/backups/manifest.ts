import { AppError } from "../errors.ts";

/** What a backup says of itself. */
export interface Manifest {
  readonly format: 1;
  /** Of the program that made it. */
  readonly version: string;
  /** The engine it was made from; it can be restored into either. */
  readonly engine: "sqlite" | "postgres";
  /** The newest migration that the database had had. */
  readonly migration: string;
  readonly createdAt: string;
  readonly rows: Readonly<Record<string, number>>;
  /** Of the database, which is a SQLite file. */
  readonly bytes: number;
  readonly sha256: string;
}

/** @throws AppError `startup` for what no version of TaskFlow wrote, or a newer one */
export function assertManifest(file: string, json: string): Manifest {
  const foreign = new AppError("startup", `${file} is not a backup of TaskFlow`);
  let manifest: Partial<Manifest>;
  try {
    manifest = JSON.parse(json);
  } catch {
    throw foreign;
  }
  if (typeof manifest !== "object" || manifest === null || typeof manifest.format !== "number") throw foreign;
  if (manifest.format !== 1)
    throw new AppError(
      "startup",
      `${file} was made by a newer version of TaskFlow (${manifest.version}); use that one`,
    );
  return manifest as Manifest;
}

const NAME = /^taskflow-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z\.db\.zst(\.age)?$/;

/** @returns the name of a backup: its moment, in UTC, and what it is */
export const nameOf = (at: Date, encrypted: boolean, prefix = "taskflow") =>
  `${prefix}-${at.toISOString().replace(/[-:.]/g, "")}.db.zst${encrypted ? ".age" : ""}`;

/** @returns when a backup was made, from its name; undefined for any other file */
export function momentOf(name: string): Date | undefined {
  const [, ...parts] = NAME.exec(name) ?? [];
  if (parts.length === 0) return undefined;
  const [year, month, day, hour, minute, second, milliseconds] = parts;
  const moment = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}.${milliseconds}Z`);
  return Number.isNaN(moment.getTime()) ? undefined : moment;
}
