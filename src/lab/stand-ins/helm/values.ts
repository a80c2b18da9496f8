import { parse } from 'yaml';
import { processIo } from '../kubectl/io.js';
import { contentsOf } from '../kubectl/manifest.js';
import type { CommandLine } from './arguments.js';

export type Values = Readonly<Record<string, unknown>>;

const isValues = (value: unknown): value is Values =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** `null` takes away what was there (chartutil.CoalesceTables). */
export function merged(base: Values, over: Values): Values {
  const result: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const old = result[key];
    if (value === null) delete result[key];
    else result[key] = isValues(old) && isValues(value) ? merged(old, value) : value;
  }
  return result;
}

/** What `-f`, `--set` and `--set-string` say together. @throws Failure */
export async function givenValues({ flags }: CommandLine): Promise<Values> {
  let values: Values = {};
  for (const file of flags.get('values')?.split('\n') ?? []) {
    const read: unknown = parse(await contentsOf(file, processIo));
    if (isValues(read)) values = merged(values, read);
  }
  for (const pair of pairsOf(flags.get('set'))) values = merged(values, nested(pair, typed));
  for (const pair of pairsOf(flags.get('set-string'))) {
    values = merged(
      values,
      nested(pair, (text) => text),
    );
  }
  return values;
}

const pairsOf = (text: string | undefined): readonly string[] => text?.split(/(?<!\\),/) ?? [];

function nested(pair: string, read: (text: string) => unknown): Values {
  const [, path = '', text = ''] = /^([^=]*)=?(.*)$/s.exec(pair) ?? [];
  return path
    .split(/(?<!\\)\./)
    .map((key) => key.replaceAll('\\.', '.'))
    .reduceRight<unknown>((value, key) => ({ [key]: value }), read(text)) as Values;
}

/** strvals: numbers without a leading zero, true, false and null. */
function typed(text: string): unknown {
  if (text === 'true' || text === 'false') return text === 'true';
  if (text === 'null') return null;
  return /^(?:0|-?[1-9]\d*)$/.test(text) ? Number(text) : text;
}
