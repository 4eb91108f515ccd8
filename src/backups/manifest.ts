import { existsSync, readFileSync } from "node:fs";
import { type Static, Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { CommandError } from "../errors.ts";

export const FORMAT = 1;

const Count = Type.Integer({ minimum: 0 });
const Digest = Type.Object({ bytes: Count, sha256: Type.String({ pattern: "^[0-9a-f]{64}$" }) });
const Manifest = Type.Object({
  format: Type.Literal(FORMAT),
  /** The version of TaskFlow that created the backup. */
  version: Type.String(),
  /** The engine of the source database. A backup can be restored into either engine. */
  engine: Type.Union([Type.Literal("sqlite"), Type.Literal("postgres")]),
  /** The hash of the newest migration in the database. */
  migration: Type.String(),
  createdAt: Type.String({ pattern: "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z$" }),
  rows: Type.Record(Type.String(), Count),
  /** The SQLite file inside the backup. */
  database: Digest,
  /** The backup file itself: compressed, and encrypted if there is a passphrase. */
  packed: Digest,
  /** How long it took to create and verify the backup. */
  seconds: Type.Optional(Type.Number({ minimum: 0 })),
});

export type Digest = Readonly<Static<typeof Digest>>;

/** The contents of the JSON file next to a backup. */
export type Manifest = Readonly<Static<typeof Manifest>>;

/** Where restored data comes from. A file without a manifest has no version or engine. */
export type Origin = Pick<Manifest, "createdAt" | "rows"> & Partial<Pick<Manifest, "version" | "engine">>;

/** Returns the path of the manifest of a backup file. */
export const manifestPath = (file: string) => `${file}.json`;

/** Returns whether a backup contains no accounts, as after the loss of a volume. */
export const isEmpty = ({ rows }: Pick<Manifest, "rows">) => rows.users === 0;

/** Returns the name of a backup file. */
export function backupName(
  contents: Pick<Manifest, "createdAt" | "rows">,
  { encrypted, prefix = "taskflow" }: { encrypted: boolean; prefix?: string },
): string {
  const timestamp = contents.createdAt.replace(/[-:.]/g, "");
  return `${prefix}-${timestamp}${isEmpty(contents) ? "-empty" : ""}.db.zst${encrypted ? ".age" : ""}`;
}

/**
 * Reads the manifest next to a backup file.
 * @returns undefined if there is none
 * @throws CommandError if it can't be read
 */
export function readManifest(file: string): Manifest | undefined {
  const path = manifestPath(file);
  if (!existsSync(path)) return undefined;
  try {
    const manifest: unknown = JSON.parse(readFileSync(path, "utf8"));
    Value.Assert(Manifest, manifest);
    return manifest;
  } catch {
    throw new CommandError(
      `${path} is unreadable, damaged, or from a newer version of TaskFlow; move it away to use the backup without it`,
    );
  }
}
