import { readFileSync } from 'node:fs';
import { parseAllDocuments, stringify } from 'yaml';
import { ConfigError, loadConfig } from '../../talos/config/load.js';
import { toGoYaml, type YamlValue } from '../../talos/go-yaml.js';
import { CLIENT_MINOR } from './client-version.js';
import { CommandError, textOf } from './errors.js';
import { applyOperation, type Operation, operationsOf } from './json-patch.js';
import {
  carryOutDeletion,
  type Deletion,
  type Fields,
  isFields,
  splitDeletions,
} from './patch-deletes.js';
import { encodePatched } from './patch-encode.js';
import { mergeDocument } from './patch-merge.js';

interface StrategicDocument {
  readonly identity: Identity;
  readonly rest: Fields | null;
  readonly deletions: readonly Deletion[];
}

export type ConfigPatch =
  | { readonly kind: 'json'; readonly operations: readonly Operation[] }
  | { readonly kind: 'strategic'; readonly documents: readonly StrategicDocument[] };

interface Identity {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
}

const wordAt = (fields: Fields, key: string): string => {
  const value = fields[key];
  return typeof value === 'string' ? value : '';
};

/** talos: configpatcher, documentID. */
const identityOf = (fields: Fields): Identity => ({
  apiVersion: wordAt(fields, 'apiVersion'),
  kind: wordAt(fields, 'kind') || 'v1alpha1',
  name: wordAt(fields, 'name'),
});

const isSame = (a: Identity, b: Identity): boolean =>
  a.apiVersion === b.apiVersion && a.kind === b.kind && a.name === b.name;

/** `@file`, a file without that, or the patch itself. @throws CommandError when the file cannot be read. */
function patchText(argument: string): string {
  const isInline = /[\n ]/.test(argument) || /^[[{]/.test(argument);
  if (isInline && !argument.startsWith('@')) return argument;
  const path = argument.replace(/^@/, '');
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new CommandError(isMissing ? `open ${path}: no such file or directory` : textOf(error));
  }
}

/** talos: configpatcher.LoadPatch. @throws CommandError when it is neither kind of patch. */
function loadPatch(text: string): ConfigPatch {
  try {
    return { kind: 'strategic', documents: strategicDocuments(text) };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const operations = operationsOf(text);
    if (operations === null) throw new CommandError(error.message);
    return { kind: 'json', operations };
  }
}

function strategicDocuments(text: string): readonly StrategicDocument[] {
  if (!text.includes('$patch')) {
    return loadConfig(text, CLIENT_MINOR).map((document) => ({
      identity: identityOf(document),
      rest: document,
      deletions: [],
    }));
  }
  return parseAllDocuments(text).flatMap((document) => {
    const value: unknown = document.toJS();
    if (!isFields(value)) return [];
    const split = splitDeletions(value);
    // The marks are no keys of Talos; everything else has to be.
    if (split.rest !== null) loadConfig(toGoYaml(split.rest as YamlValue), CLIENT_MINOR);
    return [{ identity: identityOf(value), ...split }];
  });
}

/** @throws CommandError. */
export const loadPatches = (given: readonly string[]): readonly ConfigPatch[] =>
  given.map((argument) => loadPatch(patchText(argument)));

function merged(documents: readonly Fields[], patch: readonly StrategicDocument[]) {
  let result = [...documents];
  for (const { identity, rest, deletions } of patch) {
    const index = result.findIndex((each) => isSame(identityOf(each), identity));
    const old = result[index];
    if (old === undefined) {
      // What is not there need not be deleted; clients before 1.14 write an empty document for each try.
      if (CLIENT_MINOR < 14) result.push(...deletions.map(() => ({})));
      if (rest !== null) result.push(rest);
      continue;
    }
    const left = deletions.reduce<Fields | null>(
      (document, deletion) =>
        document === null
          ? null
          : carryOutDeletion(document, deletion, labelOf(identity, deletion)),
      old,
    );
    const next = left === null || rest === null ? left : mergeDocument(left, rest, CLIENT_MINOR);
    result = next === null ? result.toSpliced(index, 1) : result.with(index, next);
  }
  return result;
}

const labelOf = ({ apiVersion, kind, name }: Identity, { path }: Deletion): string =>
  name === ''
    ? `patch delete: path '${path.join('.')}' in document '${apiVersion}/${kind}': `
    : `named patch delete: document ${apiVersion}/${kind}: `;

/** @throws CommandError in the words of Talos. */
function loaded(text: string): readonly Fields[] {
  try {
    return loadConfig(text, CLIENT_MINOR);
  } catch (error) {
    throw error instanceof ConfigError ? new CommandError(error.message) : error;
  }
}

/** By way of JSON: keys come back sorted, and in another style. */
function operated(text: string, operations: readonly Operation[]): string {
  const documents = parseAllDocuments(text).map((each) => each.toJS() as Fields);
  const [document] = documents;
  if (documents.length > 1 || document === undefined) {
    throw new CommandError(
      'JSON6902 patches are not supported for multi-document machine configuration',
    );
  }
  const changed = sorted(operations.reduce(applyOperation, document));
  return stringify(changed, { indentSeq: false, lineWidth: 0 });
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isFields(value)) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}

/** talos: configpatcher.Apply. Without patches every byte stays. @throws CommandError. */
export const applyPatches = (text: string, patches: readonly ConfigPatch[]): string =>
  patches.reduce(
    (config, patch) =>
      patch.kind === 'json'
        ? operated(config, patch.operations)
        : encodePatched(merged(loaded(config), patch.documents)),
    text,
  );

/** @throws CommandError. */
export const patchConfig = (text: string, given: readonly string[]): string =>
  applyPatches(text, loadPatches(given));

/** As a patch that changes nothing would leave it. */
export const normalConfig = (text: string): string => encodePatched(loaded(text));
