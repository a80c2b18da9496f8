import {
  isMap,
  isScalar,
  LineCounter,
  type Node,
  parseAllDocuments,
  type YAMLError,
  type YAMLMap,
  type Document as YamlDocument,
} from 'yaml';
import type { Document } from '../../world/talos-settings.js';
import { toGoYaml, type YamlValue } from '../go-yaml.js';
import { constructs, DocumentCheck } from './document-check.js';
import { documentKind } from './structs.js';

/** The words are those of Talos. */
export class ConfigError extends Error {}

/** Documents that made the machine section before there were kinds. */
const MAIN_KEYS: readonly string[] = ['machine', 'cluster', 'debug', 'persist'];

/** libyaml's words for what our parser calls otherwise. */
const SYNTAX: Readonly<Partial<Record<YAMLError['code'], string>>> = {
  TAB_AS_INDENT: 'found character that cannot start any token',
  BAD_SCALAR_START: 'found character that cannot start any token',
  BLOCK_AS_IMPLICIT_KEY: 'mapping values are not allowed in this context',
  MULTILINE_IMPLICIT_KEY: "could not find expected ':'",
  MISSING_CHAR: "could not find expected ':'",
};

/** talos@1.12 configloader: each document is read on its own, and a key that nothing reads is a mistake. @throws ConfigError */
export function loadConfig(text: string, minor: number): readonly Document[] {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, uniqueKeys: false });
  const known = new Set<string>();
  const loaded: Document[] = [];
  for (const document of documents) {
    checkSyntax(document, lines);
    const { contents } = document;
    if (contents === null || (isScalar(contents) && contents.value === null)) continue;
    const line = lineOf(contents, lines);
    if (!isMap(contents)) throw new ConfigError(`expected a YAML document at line ${line}`);
    const id = idOf(contents);
    if (known.has(id)) {
      throw new ConfigError(`duplicate document ${id} is not allowed (line ${line})`);
    }
    known.add(id);
    try {
      checkDocument(contents, lines, minor);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      throw new ConfigError(`error decoding document ${id} (line ${line}): ${error.message}`);
    }
    loaded.push(document.toJS() as Document);
  }
  return loaded;
}

function checkSyntax(document: YamlDocument, lines: LineCounter): void {
  const [error] = document.errors;
  if (error === undefined) return;
  const { line } = lines.linePos(error.pos[0]);
  const reason = SYNTAX[error.code] ?? 'did not find expected key';
  throw new ConfigError(`decode error: yaml: line ${line}: ${reason}`);
}

const lineOf = (node: Node, lines: LineCounter): number => lines.linePos(node.range?.[0] ?? 0).line;

const textAt = (map: YAMLMap, key: string): string => {
  const value = map.get(key);
  return typeof value === 'string' ? value : '';
};

/** `v1alpha1/VolumeConfig/EPHEMERAL` */
const idOf = (map: YAMLMap): string =>
  [textAt(map, 'apiVersion'), textAt(map, 'kind') || 'v1alpha1', textAt(map, 'name')].join('/');

function checkDocument(contents: YAMLMap, lines: LineCounter, minor: number): void {
  const kind = textAt(contents, 'kind');
  const isMain = MAIN_KEYS.some((key) => contents.has(key));
  const version = isMain ? 'v1alpha1' : textAt(contents, 'apiVersion');
  const isLegacy = kind === '' && version === 'v1alpha1';
  if (!isLegacy && kind === '') throw new ConfigError('missing kind');
  if (version === '') throw new ConfigError('missing apiVersion');
  const found = version === 'v1alpha1' ? documentKind(isLegacy ? 'v1alpha1' : kind, minor) : null;
  if (found === null) throw new ConfigError(`"${kind}" "${version}": not registered`);
  const check = new DocumentCheck(lines, minor);
  const unknown = check.map(contents, found.struct);
  if (check.errors.length > 0) {
    // rc.6 of yaml v4, which 1.14 has, tells them in one line.
    const [before, between] = minor >= 14 ? [' ', '; '] : ['\n  ', '\n  '];
    const verb = constructs(minor) ? 'construct' : 'unmarshal';
    throw new ConfigError(
      `error decoding ${kind} to *${found.goType}: yaml: ${verb} errors:${before}${check.errors.join(between)}`,
    );
  }
  if (unknown !== undefined) {
    throw new ConfigError(`unknown keys found during decoding:\n${toGoYaml(unknown as YamlValue)}`);
  }
}
