import { PassThrough, Writable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';

/** A terminal of a given size that keeps the last frame. */
export class FakeTerminal extends Writable {
  readonly isTTY = true;
  lastFrame = '';
  /** Everything that was written. */
  output = '';

  constructor(
    public columns: number,
    public rows: number,
  ) {
    super({ decodeStrings: false });
  }

  override _write(chunk: string | Buffer, _encoding: string, done: () => void): void {
    const text = String(chunk);
    this.output += text;
    // Mode switches are written between frames; a frame has at least one line of text.
    if (stripVTControlCharacters(text).trim() !== '') this.lastFrame = text;
    done();
  }
}

export class FakeKeyboard extends PassThrough {
  readonly isTTY = true;
  setRawMode = (): this => this;
  ref = (): this => this;
  unref = (): this => this;
}

/** Ink and the mount ask for streams of a terminal and use only what these two have. */
export const asTerminal = (stream: FakeTerminal): NodeJS.WriteStream =>
  stream as unknown as NodeJS.WriteStream;
export const asKeyboard = (stream: FakeKeyboard): NodeJS.ReadStream =>
  stream as unknown as NodeJS.ReadStream;
