/** Cuts a byte stream into lines. Bytes, because a chunk may end inside a character. */
export interface LineSplitter {
  /** Null when a line does not end within the limit. */
  readonly push: (chunk: Uint8Array) => readonly string[] | null;
  /** What came after the last line end: a cut line. */
  readonly rest: () => string;
}

const NEWLINE = 0x0a;

export function createLineSplitter(maxLineBytes: number): LineSplitter {
  let parts: Uint8Array[] = [];
  let size = 0;

  const take = (tail: Uint8Array): string => {
    const line = Buffer.concat([...parts, tail]).toString('utf8');
    parts = [];
    size = 0;
    return line;
  };

  return {
    push(chunk) {
      const lines: string[] = [];
      let start = 0;
      for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
        lines.push(take(chunk.subarray(start, end)));
        start = end + 1;
      }
      if (start < chunk.length) {
        parts.push(chunk.subarray(start));
        size += chunk.length - start;
      }
      return size > maxLineBytes ? null : lines.filter((line) => line.trim() !== '');
    },
    rest: () => Buffer.concat(parts).toString('utf8'),
  };
}
