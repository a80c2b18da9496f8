import { PveRefusal } from './refusal.js';

export interface Upload {
  readonly fields: Readonly<Record<string, string>>;
  readonly fileName: string;
  readonly content: Buffer;
}

const BLANK_LINE = Buffer.from('\r\n\r\n');

const nameIn = (header: string, key: string): string | null =>
  new RegExp(`[; ]${key}="([^"]*)"`).exec(header)?.[1] ?? null;

/**
 * proxmox.md §9: form fields stand before the file, whose field is called `filename`.
 * @throws PveRefusal 400, 501
 */
export function parseUpload(body: Buffer, contentType: string): Upload {
  const boundary = /boundary="?([^";]+)"?/.exec(contentType)?.[1];
  if (boundary === undefined) throw new PveRefusal(501, 'unable to parse content type');
  const fields: Record<string, string> = {};
  const mark = Buffer.from(`--${boundary}`);
  for (let at = body.indexOf(mark); at !== -1; ) {
    const next = body.indexOf(mark, at + mark.length);
    if (next === -1) break;
    const part = body.subarray(at + mark.length + 2, next - 2);
    const headerEnd = part.indexOf(BLANK_LINE);
    const header = part.subarray(0, Math.max(0, headerEnd)).toString('utf8');
    const content = part.subarray(headerEnd + BLANK_LINE.length);
    const name = nameIn(header, 'name') ?? '';
    if (name === 'filename') {
      return { fields, fileName: nameIn(header, 'filename') ?? '', content };
    }
    fields[name] = content.toString('utf8');
    at = next;
  }
  throw new PveRefusal(400, 'upload failed - no file in request');
}
