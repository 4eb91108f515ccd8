import { createReadStream, createWriteStream, statSync } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { constants, createZstdCompress } from "node:zlib";
import { CommandError } from "../errors.ts";
import type { Digest } from "./manifest.ts";

/** The first bytes of an encrypted file (age-encryption.org/v1) and of a database (SQLite file format, section 1.3). */
const AGE_HEADER = "age-encryption.org/";
const SQLITE_HEADER = "SQLite format 3\0";
/** scrypt with 2^16 rounds takes 64 MiB of memory, which fits into a small container. */
const SCRYPT_WORK_FACTOR = 16;

type Bytes = AsyncIterable<Uint8Array>;
type WebBytes = ReadableStream<Uint8Array<ArrayBuffer>>;

/**
 * Compresses a database with zstd, and encrypts it with age if there is a passphrase. The result is on disk when the
 * promise resolves.
 * @param database a file that no process writes to
 */
export async function pack(database: string, to: string, passphrase?: string): Promise<void> {
  // The checksum detects flipped bits in a backup that was copied without its manifest.
  const compress = createZstdCompress({ params: { [constants.ZSTD_c_checksumFlag]: 1 } });
  const encrypt = (bytes: Bytes) => (passphrase === undefined ? bytes : encrypted(bytes, passphrase));
  await pipeline(createReadStream(database), compress, encrypt, writeTo(to));
}

async function* encrypted(bytes: Bytes, passphrase: string): Bytes {
  const { Encrypter } = await import("age-encryption");
  const encrypter = new Encrypter();
  encrypter.setPassphrase(passphrase);
  encrypter.setScryptWorkFactor(SCRYPT_WORK_FACTOR);
  yield* await encrypter.encrypt(Readable.toWeb(Readable.from(bytes)) as unknown as WebBytes);
}

/**
 * Decrypts and decompresses a backup.
 * @param to the path of the resulting database
 * @throws CommandError if the file is damaged, not a backup, or encrypted with another passphrase
 */
export async function unpack(file: string, to: string, passphrase?: string): Promise<void> {
  try {
    const packed = (await startsWith(file, AGE_HEADER)) ? await decrypted(file, passphrase) : Bun.file(file).stream();
    // Bun supports zstd, but its types don't include it.
    await pipeline(packed.pipeThrough(new DecompressionStream("zstd" as "gzip")), writeTo(to));
    if (await isSqlite(to)) return;
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (error instanceof CommandError || /^(ENOSPC|EDQUOT|EROFS)$/.test(code)) throw error;
  }
  throw new CommandError(`${file} is damaged, or not a TaskFlow backup; use another file`);
}

async function decrypted(file: string, passphrase: string | undefined): Promise<WebBytes> {
  if (passphrase === undefined)
    throw new CommandError(`${file} is encrypted; set BACKUP_PASSPHRASE_FILE to the file with its passphrase`);
  const { Decrypter } = await import("age-encryption");
  const decrypter = new Decrypter();
  decrypter.addPassphrase(passphrase);
  try {
    return (await decrypter.decrypt(Bun.file(file).stream())) as WebBytes;
  } catch {
    throw new CommandError(`${file} can't be decrypted: BACKUP_PASSPHRASE is wrong, or the file is damaged`);
  }
}

const writeTo = (file: string) => createWriteStream(file, { mode: 0o600, flush: true });

/** Returns whether a file is an uncompressed SQLite database, such as one kept by an upgrade. */
export const isSqlite = (file: string): Promise<boolean> => startsWith(file, SQLITE_HEADER).catch(() => false);

const startsWith = async (file: string, header: string) =>
  (await Bun.file(file).slice(0, header.length).text()) === header;

/** Returns the size and the SHA-256 of a file. */
export async function digestOf(file: string): Promise<Digest> {
  const hasher = new Bun.CryptoHasher("sha256");
  for await (const chunk of Bun.file(file).stream()) hasher.update(chunk);
  return { bytes: statSync(file).size, sha256: hasher.digest("hex") };
}
