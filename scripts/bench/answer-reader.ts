const HEAD_END = "\r\n\r\n";
const LAST_CHUNK = Buffer.from("0\r\n\r\n");

/** Follows the answers on one connection just closely enough to know where each ends. */
export class AnswerReader {
  status = 0;
  /** The first bytes of the body, to tell what went wrong. */
  start = "";
  #head = "";
  #inBody = false;
  /** Bytes to come; -1 while the length isn't known. */
  #left = 0;

  /** @returns whether an answer is complete with this chunk */
  take(chunk: Buffer): boolean {
    if (this.#inBody) return this.#body(chunk, chunk.length);
    const end = this.#head === "" ? chunk.indexOf(HEAD_END) : -1;
    if (end < 0) return this.#slowHead(chunk);
    return this.#begin(chunk.toString("latin1", 0, end), chunk, end + HEAD_END.length);
  }

  /** A head that comes in pieces: rare. */
  #slowHead(chunk: Buffer): boolean {
    this.#head += chunk.toString("latin1");
    const end = this.#head.indexOf(HEAD_END);
    if (end < 0) return false;
    const bytes = Buffer.from(this.#head, "latin1");
    this.#head = "";
    return this.#begin(bytes.toString("latin1", 0, end), bytes, end + HEAD_END.length);
  }

  #begin(head: string, chunk: Buffer, bodyAt: number): boolean {
    this.status = Number(head.slice(9, 12));
    this.start = chunk.toString("utf8", bodyAt, Math.min(chunk.length, bodyAt + 160));
    const [, length] = /\r\ncontent-length: *(\d+)/i.exec(head) ?? [];
    if (this.status === 304 || this.status === 204) this.#left = 0;
    else if (length !== undefined) this.#left = Number(length);
    else if (/\r\ntransfer-encoding: *chunked/i.test(head)) this.#left = -1;
    else this.#left = 0;
    this.#inBody = true;
    return this.#body(chunk, chunk.length - bodyAt);
  }

  #body(chunk: Buffer, size: number): boolean {
    if (this.#left >= 0) {
      this.#left -= size;
      this.#inBody = this.#left > 0;
    } else {
      this.#inBody = size < LAST_CHUNK.length || !chunk.subarray(-LAST_CHUNK.length).equals(LAST_CHUNK);
    }
    return !this.#inBody;
  }
}
