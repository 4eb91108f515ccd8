/** RFC 8878, section 3.1.2: frames that decoders skip, so that `zstd -d` alone gives the database between the two. */
const HEAD = 0x184d2a5c;
const SEAL = 0x184d2a5d;
/** What is looked at of a file at most, to see whether it is a backup. */
export const MOST_MANIFEST_BYTES = 64 * 1024;
/** A frame's own eight bytes, and a SHA-256. */
const SEAL_BYTES = 8 + 32;

export type Bytes = AsyncIterable<Uint8Array>;

function frame(magic: number, content: Uint8Array): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32LE(magic, 0);
  head.writeUInt32LE(content.length, 4);
  return Buffer.concat([head, content]);
}

/** @returns the frame that a backup begins with */
export const headOf = (json: string) => frame(HEAD, Buffer.from(json));

/** @returns the bytes, and after them what proves that none of them is missing or another one */
export async function* sealed(bytes: Bytes): Bytes {
  const hasher = new Bun.CryptoHasher("sha256");
  for await (const chunk of bytes) {
    hasher.update(chunk);
    yield chunk;
  }
  yield frame(SEAL, hasher.digest());
}

/** @returns the bytes before the seal @throws Error once they have come, unless the seal fits them and is the end */
export async function* unsealed(bytes: Bytes): Bytes {
  const hasher = new Bun.CryptoHasher("sha256");
  let held = Buffer.alloc(0);
  for await (const chunk of bytes) {
    const all = Buffer.concat([held, chunk]);
    const before = all.subarray(0, -SEAL_BYTES);
    held = all.subarray(before.length);
    hasher.update(before);
    if (before.length > 0) yield before;
  }
  if (!held.equals(frame(SEAL, hasher.digest()))) throw new Error("the seal does not fit");
}

/** Whether a file that begins and ends so can be a backup, for whatever is between. @returns its manifest, as text */
export function glance(start: Buffer, end: Buffer): string | undefined {
  const seal = frame(SEAL, Buffer.alloc(32)).subarray(0, 8);
  const length = headLength(start);
  if (length === 0 || start.length < 8 + length || !end.subarray(-SEAL_BYTES, 8 - SEAL_BYTES).equals(seal)) return;
  return start.toString("utf8", 8, 8 + length);
}

/** @returns how long the first frame of a backup is, its own eight bytes left out; 0 for any other file */
function headLength(start: Buffer): number {
  const length = start.length >= 8 && start.readUInt32LE(0) === HEAD ? start.readUInt32LE(4) : 0;
  return length <= MOST_MANIFEST_BYTES ? length : 0;
}

/** Reads the frame in front. @returns its text, "" for a file without one, and the bytes that follow */
export async function readHead(bytes: Bytes): Promise<{ head: string; rest: Bytes }> {
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
  const length = (await atLeast(8)) ? headLength(have) : 0;
  const end = length > 0 && (await atLeast(8 + length)) ? 8 + length : 0;
  async function* rest() {
    yield have.subarray(end);
    for (;;) {
      const { done, value } = await source.next();
      if (done) return;
      yield value;
    }
  }
  return { head: end > 0 ? have.toString("utf8", 8, end) : "", rest: rest() };
}
