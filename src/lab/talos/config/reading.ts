import { isIP } from 'node:net';
import type { Document } from '../../world/talos-settings.js';

/** A value below a document; undefined when a step of the path is missing. */
export const at = (value: unknown, path: string): unknown =>
  path
    .split('.')
    .reduce<unknown>(
      (inner, key) =>
        typeof inner === 'object' && inner !== null ? (inner as Document)[key] : undefined,
      value,
    );

export const textAt = (value: unknown, path: string): string => {
  const found = at(value, path);
  return typeof found === 'string' ? found : '';
};

export const listAt = (value: unknown, path: string): readonly unknown[] => {
  const found = at(value, path);
  return Array.isArray(found) ? found : [];
};

export const textsAt = (value: unknown, path: string): readonly string[] =>
  listAt(value, path).filter((item) => typeof item === 'string');

export const isSet = (value: unknown): boolean => value !== undefined && value !== null;

export const mainOf = (documents: readonly Document[]): Document | undefined =>
  documents.find(({ kind }) => kind === undefined);

export const byKind = (documents: readonly Document[], kind: string): readonly Document[] =>
  documents.filter((document) => document.kind === kind);

export const isAddress = (text: string): boolean => isIP(text) !== 0;

export const isPrefix = (text: string): boolean => {
  const [address = '', bits = ''] = text.split('/');
  const most = isIP(address) === 6 ? 128 : 32;
  return isAddress(address) && /^\d+$/.test(bits) && Number(bits) <= most;
};

export const isPrefixOrAddress = (text: string): boolean => isPrefix(text) || isAddress(text);

/** hashicorp/go-multierror's list. */
export function manyErrors(errors: readonly string[]): string {
  const head = errors.length === 1 ? '1 error occurred:' : `${errors.length} errors occurred:`;
  return `${head}\n\t${errors.map((error) => `* ${error}`).join('\n\t')}\n\n`;
}
