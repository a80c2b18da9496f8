import { isMap, isScalar, isSeq, parseAllDocuments } from 'yaml';
import { sanitise } from '../../model/sanitise.js';

/** `error decoding document /v1alpha1/ (line 1): unknown keys found during decoding:` and then them, with values. */
const UNKNOWN_KEYS = 'unknown keys found during decoding:';
/** Go's multierror: how many there are, and of which document. */
const COUNTED = /^(?:[\w./]+: )?\d+ errors? occurred:$/;
const DECODING = /^error decoding document [^:]*:(?: |$)(?:error decoding [^:]*: )?/;
const MOST = 8;

/**
 * What `talosctl validate` says of a configuration, one remark each. It may quote the configuration: every value
 * that could be a secret is left out, and of keys that it does not know the names alone are told.
 */
export function remarksOf(said: string, config: string): readonly string[] {
  const secrets = secretsIn(config);
  // It stops at the first document that it cannot decode: the rest is those keys.
  const [before = '', block = null] = said.split(UNKNOWN_KEYS);
  const remarks = linesOf(before)
    .map((line) => line.replace(/^\* |^WARNING: /, '').replace(DECODING, ''))
    .filter((line) => line !== '' && !COUNTED.test(line))
    .map((line) => withoutSecrets(line, secrets));
  return [...new Set([...unknownKeys(block), ...remarks])].map(sanitise).slice(0, MOST);
}

const linesOf = (text: string): readonly string[] => text.split('\n').map((line) => line.trim());

function unknownKeys(block: string | null): readonly string[] {
  if (block === null) return [];
  const names = documentsOf(block).flatMap((document) =>
    leavesOf(document).map(({ path }) => path),
  );
  return names.length === 0 ? ['unknown keys'] : names.map((name) => `unknown key ${name}`);
}

/** Below or at such a key stands what nobody else may know. */
const SENSITIVE =
  /key|secret|token|passw|auth|user|crt|cert|\bca\b|env|content|licen|header|psk|args|url|endpoint|manifest|\.pods\b|annotation|label/i;
/** Says nothing about anybody: addresses, paths, versions, images. */
const HARMLESS =
  /^(?:[\d.:a-f]+(?:\/\d{1,3})?|\/[\w./-]*|v?\d+(?:\.\d+)+|[a-z0-9.-]+(?::\d+)?(?:\/[\w.-]+)+:v?[\w.-]+)$/;
const WORD = /^[a-z][a-z-]{0,23}$/;
const SHORTEST = 4;

/** Longest first, so that no part of one stays. */
function secretsIn(config: string): readonly string[] {
  const values = documentsOf(config)
    .flatMap((each) => leavesOf(each))
    .filter(
      ({ path, value }) =>
        value.length >= SHORTEST &&
        (SENSITIVE.test(path) || !(HARMLESS.test(value) || WORD.test(value))),
    )
    .flatMap(({ value }) => [value, ...linesOf(value)])
    .filter((value) => value.length >= SHORTEST);
  return [...new Set(values)].toSorted((a, b) => b.length - a.length);
}

/** What parsers cut short, and what looks like a key wherever it comes from. */
const QUOTED = /`[^`]*`/g;
const KEY_LIKE = /(?=[\w+/=-]*\d)(?=[\w+/=-]*[A-Za-z])[\w+/=-]{20,}/g;
const HIDDEN = '…';

const withoutSecrets = (line: string, secrets: readonly string[]): string =>
  secrets
    .reduce((text, secret) => text.replaceAll(secret, HIDDEN), line)
    .replace(QUOTED, HIDDEN)
    .replace(KEY_LIKE, HIDDEN);

interface Leaf {
  /** `machine.install.disk` */
  readonly path: string;
  readonly value: string;
}

function documentsOf(text: string): readonly unknown[] {
  try {
    const documents = parseAllDocuments(text, { logLevel: 'silent', prettyErrors: false });
    return Array.isArray(documents) ? documents.map(({ contents }) => contents) : [];
  } catch {
    return [];
  }
}

function leavesOf(node: unknown, path = ''): readonly Leaf[] {
  if (isMap(node)) {
    return node.items.flatMap(({ key, value }) => {
      const name = isScalar(key) ? String(key.value) : '?';
      return leavesOf(value, path === '' ? name : `${path}.${name}`);
    });
  }
  if (isSeq(node)) return node.items.flatMap((item) => leavesOf(item, path));
  if (isScalar(node)) return [{ path, value: node.source ?? String(node.value) }];
  return [{ path, value: '' }];
}
