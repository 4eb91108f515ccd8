import { createReadStream, createWriteStream, statSync } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { constants, createZstdCompress, createZstdDecompress } from "node:zlib";
import { CommandError } from "../errors.ts";
import { type Bytes, headOf, readHead, sealed, unsealed } from "./frames.ts";
import { assertManifest, type Manifest } from "./manifest.ts";

/** age's own start of a file (age-encryption.org/v1). */
export const AGE = "age-encryption.org/";
/** SQLite's own (file format, section 1.3). */
const SQLITE = "SQLite format 3\0";
/** scrypt with 2^16 rounds takes 64 MiB, which a container with little memory has too. */
const WORK_FACTOR = 16;

/**
 * Writes a backup: the manifest, the database compressed with zstd, and a seal over both, as zstd's own checksum covers
 * neither the manifest nor its own end. All of it is encrypted by age where there is a passphrase (`age -d` and
 * `zstd -d` undo it by hand). It is on disk when the promise fulfils.
 * @param database a file that nobody writes to
 */
export async function pack(database: string, manifest: Manifest, to: string, passphrase?: string): Promise<void> {
  let bytes = Readable.from(sealed(joined(headOf(JSON.stringify(manifest)), compressed(database))));
  if (passphrase !== undefined) {
    const { Encrypter } = await import("age-encryption");
    const encrypter = new Encrypter();
    encrypter.setPassphrase(passphrase);
    encrypter.setScryptWorkFactor(WORK_FACTOR);
    bytes = fromWeb(await encrypter.encrypt(toWeb(bytes)));
  }
  await pipeline(bytes, createWriteStream(to, { mode: 0o600, flush: true }));
}

async function* compressed(database: string): Bytes {
  const compress = createZstdCompress({ params: { [constants.ZSTD_c_checksumFlag]: 1 } });
  const reading = pipeline(createReadStream(database), compress);
  // Whoever reads may stop, as at a full disk: nobody waits for it then, and the process would end over it.
  reading.catch(() => {});
  yield* compress;
  await reading;
}

async function* joined(head: Uint8Array, rest: Bytes): Bytes {
  yield head;
  yield* rest;
}

/**
 * Takes a backup apart again.
 * @param to where the database goes
 * @returns the manifest; every byte of the file and of the database is as it was written then
 * @throws CommandError for a file that is no backup, is damaged, or needs another passphrase
 */
export async function unpack(file: string, to: string, passphrase?: string): Promise<Manifest> {
  const hasher = new Bun.CryptoHasher("sha256");
  let manifest: Manifest | undefined;
  try {
    const bytes = await opened(file, passphrase);
    const { head, rest } = await readHead(unsealed(bytes));
    manifest = assertManifest(file, head);
    await pipeline(
      Readable.from(rest),
      createZstdDecompress(),
      async function* (chunks: AsyncIterable<Uint8Array>) {
        for await (const chunk of chunks) {
          hasher.update(chunk);
          yield chunk;
        }
      },
      createWriteStream(to, { mode: 0o600, flush: true }),
    );
  } catch (error) {
    throw error instanceof CommandError ? error : failure(file, error, manifest);
  }
  if (hasher.digest("hex") === manifest.sha256 && statSync(to).size === manifest.bytes) return manifest;
  throw damaged(file, manifest);
}

/** Whether a file is a SQLite database itself, as those are that were kept aside. */
export const isDatabase = async (file: string): Promise<boolean> =>
  (await startOf(file, SQLITE.length).catch(() => "")) === SQLITE;

const startOf = (file: string, length: number) => Bun.file(file).slice(0, length).text();

/** @returns the bytes of a backup, decrypted */
async function opened(file: string, passphrase: string | undefined): Promise<Bytes> {
  if ((await startOf(file, AGE.length)) !== AGE) return createReadStream(file);
  if (passphrase === undefined)
    throw new CommandError(`${file} is encrypted; set BACKUP_PASSPHRASE_FILE to what it was made with`);
  const { Decrypter } = await import("age-encryption");
  const decrypter = new Decrypter();
  decrypter.addPassphrase(passphrase);
  let decrypted: ReadableStream<Uint8Array>;
  try {
    decrypted = await decrypter.decrypt(toWeb(createReadStream(file)));
  } catch {
    throw new CommandError(
      `${file} can't be decrypted: it was made with another passphrase than BACKUP_PASSPHRASE, or is damaged`,
    );
  }
  return fromWeb(decrypted);
}

function failure(file: string, error: unknown, manifest: Manifest | undefined): unknown {
  const { code = "" } = error as NodeJS.ErrnoException;
  if (code === "ENOENT") return new CommandError(`there is no file ${file}`);
  if (/^(EACCES|EISDIR|EPERM|EIO)$/.test(code)) return new CommandError(`can't read ${file} (${code})`);
  if (/^(ENOSPC|EDQUOT|EROFS)$/.test(code)) return error;
  return damaged(file, manifest);
}

const damaged = (file: string, manifest?: Manifest) =>
  new CommandError(`${file} is damaged${manifest ? ` (a backup of ${manifest.createdAt})` : ""}; use another one`);

const toWeb = (stream: Readable) => Readable.toWeb(stream) as unknown as ReadableStream<Uint8Array>;
const fromWeb = (stream: ReadableStream<Uint8Array>) =>
  Readable.fromWeb(stream as unknown as Parameters<typeof Readable.fromWeb>[0]);
