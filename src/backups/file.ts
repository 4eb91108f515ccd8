import { createReadStream, createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { constants, createZstdCompress, createZstdDecompress } from "node:zlib";
import { AppError } from "../errors.ts";
import { assertManifest, type Manifest } from "./manifest.ts";

/** RFC 8878, section 3.1.2: a frame that decoders skip, so that `zstd -d` alone gives the database. */
const SKIPPABLE = 0x184d2a5c;
const MOST_MANIFEST_BYTES = 64 * 1024;
/** age's own start of a file (age-encryption.org/v1). */
const AGE = "age-encryption.org/";
/** scrypt with 2^16 rounds takes 64 MiB, which a container with little memory has too. */
const WORK_FACTOR = 16;

/**
 * Writes a backup: the manifest, then the database compressed with zstd; all of it encrypted by age where there is a
 * passphrase (`age -d` and `zstd -d` undo it by hand). It is on disk when the promise fulfils.
 * @param database a file that nobody writes to
 */
export async function pack(database: string, manifest: Manifest, to: string, passphrase?: string): Promise<void> {
  let bytes = Readable.from(packed(database, manifest));
  if (passphrase !== undefined) {
    const { Encrypter } = await import("age-encryption");
    const encrypter = new Encrypter();
    encrypter.setPassphrase(passphrase);
    encrypter.setScryptWorkFactor(WORK_FACTOR);
    bytes = fromWeb(await encrypter.encrypt(toWeb(bytes)));
  }
  await pipeline(bytes, createWriteStream(to, { mode: 0o600, flush: true }));
}

async function* packed(database: string, manifest: Manifest): AsyncGenerator<Uint8Array> {
  const json = Buffer.from(JSON.stringify(manifest));
  const head = Buffer.alloc(8);
  head.writeUInt32LE(SKIPPABLE, 0);
  head.writeUInt32LE(json.length, 4);
  yield Buffer.concat([head, json]);
  const compressed = createZstdCompress({ params: { [constants.ZSTD_c_checksumFlag]: 1 } });
  const reading = pipeline(createReadStream(database), compressed);
  yield* compressed;
  await reading;
}

/**
 * Takes a backup apart again.
 * @param to where the database goes
 * @returns the manifest; the database fits its checksum then
 * @throws AppError `startup` for a file that is no backup, is damaged, or needs another passphrase
 */
export async function unpack(file: string, to: string, passphrase?: string): Promise<Manifest> {
  const hasher = new Bun.CryptoHasher("sha256");
  let manifest: Manifest | undefined;
  try {
    const bytes = await opened(file, passphrase);
    const compressed = Readable.from(
      (async function* () {
        const { head, rest } = await readHead(bytes);
        manifest = assertManifest(file, head);
        yield* rest;
      })(),
    );
    await pipeline(
      compressed,
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
    throw error instanceof AppError ? error : failure(file, error, manifest);
  }
  if (manifest && hasher.digest("hex") === manifest.sha256) return manifest;
  throw damaged(file);
}

/** @returns the bytes of a backup, decrypted */
async function opened(file: string, passphrase: string | undefined): Promise<AsyncIterable<Uint8Array>> {
  const start = await Bun.file(file).slice(0, AGE.length).text();
  if (start !== AGE) return createReadStream(file);
  if (passphrase === undefined)
    throw new AppError("startup", `${file} is encrypted; set BACKUP_PASSPHRASE_FILE to what it was made with`);
  const { Decrypter } = await import("age-encryption");
  const decrypter = new Decrypter();
  decrypter.addPassphrase(passphrase);
  let decrypted: ReadableStream<Uint8Array>;
  try {
    decrypted = await decrypter.decrypt(toWeb(createReadStream(file)));
  } catch {
    throw new AppError(
      "startup",
      `${file} can't be decrypted: it was made with another passphrase than BACKUP_PASSPHRASE, or is damaged`,
    );
  }
  return fromWeb(decrypted);
}

/** Reads the skippable frame in front. @returns its text, and the bytes that follow */
async function readHead(bytes: AsyncIterable<Uint8Array>) {
  const source = bytes[Symbol.asyncIterator]();
  let have: Buffer = Buffer.alloc(0);
  async function atLeast(size: number): Promise<boolean> {
    while (have.length < size) {
      const { done, value } = await source.next();
      if (done) return false;
      have = Buffer.concat([have, value]);
    }
    return true;
  }
  const isOurs = (await atLeast(8)) && have.readUInt32LE(0) === SKIPPABLE;
  const size = isOurs ? have.readUInt32LE(4) : 0;
  const head = size > 0 && size <= MOST_MANIFEST_BYTES && (await atLeast(8 + size)) ? have.subarray(8, 8 + size) : "";
  async function* rest() {
    yield have.subarray(8 + size);
    for (;;) {
      const { done, value } = await source.next();
      if (done) return;
      yield value;
    }
  }
  return { head: head.toString(), rest: rest() };
}

function failure(file: string, error: unknown, manifest: Manifest | undefined): unknown {
  const { code = "" } = error as NodeJS.ErrnoException;
  if (code === "ENOENT") return new AppError("startup", `there is no file ${file}`);
  if (/^(EACCES|EISDIR|EPERM)$/.test(code)) return new AppError("startup", `can't read ${file} (${code})`);
  if (/^(ENOSPC|EDQUOT|EROFS|EIO)$/.test(code)) return error;
  return damaged(file, manifest);
}

const damaged = (file: string, manifest?: Manifest) =>
  new AppError(
    "startup",
    `${file} is damaged${manifest ? ` (a backup of ${manifest.createdAt})` : ""}; use another one`,
  );

const toWeb = (stream: Readable) => Readable.toWeb(stream) as unknown as ReadableStream<Uint8Array>;
const fromWeb = (stream: ReadableStream<Uint8Array>) =>
  Readable.fromWeb(stream as unknown as Parameters<typeof Readable.fromWeb>[0]);
