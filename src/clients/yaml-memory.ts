import { parse } from 'yaml';

/**
 * Nodes of one cluster say the same about most things (extensions, loopback, idle links), and parsing is most of
 * what an event costs: 25–75 µs. What is returned is shared, so nobody may change it.
 */
const MAX_TEXTS = 2_000;
const MAX_TEXT_CHARS = 4_096;

const known = new Map<string, unknown>();

/** @throws YAMLParseError */
export function parseYaml(text: string): unknown {
  if (known.has(text)) return known.get(text);
  const value: unknown = parse(text);
  if (text.length > MAX_TEXT_CHARS) return value;
  if (known.size >= MAX_TEXTS) known.clear();
  known.set(text, value);
  return value;
}
