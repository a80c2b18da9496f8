import { parse } from 'yaml';
import { toGoYaml, type YamlValue } from '../../talos/go-yaml.js';
import type { RESOURCE_RESPONSE } from './messages.js';
import type { MessageOf } from './protobuf.js';

export type WireResource = NonNullable<MessageOf<typeof RESOURCE_RESPONSE>['resource']>;

interface Definition {
  readonly displayType: string;
  readonly columns: readonly { readonly name: string; readonly jsonPath: string }[];
}

/** Nodes from 1.12 mark a spec that is itself YAML text; the mark stands for it being shown as one string. */
function specOf(resource: WireResource): YamlValue {
  return (parse(resource.spec?.yamlSpec ?? '') as YamlValue | undefined) ?? null;
}

/** cosi-project/runtime resource.Metadata: printed as YAML first, so that scalars lose their type. */
function metadataOf(resource: WireResource): { [key: string]: YamlValue | undefined } {
  const metadata = resource.metadata;
  if (metadata === null) return {};
  const map = (
    entries: readonly { readonly key: string; readonly value: string }[],
  ): YamlValue | undefined =>
    entries.length === 0
      ? undefined
      : Object.fromEntries(entries.map(({ key, value }) => [key, untyped(value)]));
  return {
    namespace: metadata.namespace,
    type: metadata.type,
    id: untyped(metadata.id),
    version: untyped(metadata.version),
    owner: untyped(metadata.owner),
    phase: metadata.phase,
    created: time(metadata.created),
    updated: time(metadata.updated),
    labels: map(metadata.labels),
    annotations: map(metadata.annotations),
    finalizers: metadata.finalizers.length === 0 ? undefined : metadata.finalizers,
  };
}

/** `17` and `0x0a` become numbers, nothing becomes null (talos.md §2.1). */
const untyped = (text: string): YamlValue => (text === '' ? null : (parse(text) as YamlValue));

const time = (timestamp: { readonly seconds: number } | null): string =>
  `${new Date((timestamp?.seconds ?? 0) * 1000).toISOString().slice(0, 19)}Z`;

const sorted = (value: YamlValue): YamlValue => {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, field]) => field !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, field]) => [key, sorted(field ?? null)]),
  );
};

/** Pretty objects one after the other, no array around them. */
export function asJson(node: string, resource: WireResource, event: string | null): string {
  const document = {
    ...(event === null ? {} : { event }),
    metadata: metadataOf(resource),
    node,
    spec: specOf(resource),
  };
  return `${escapeHtml(JSON.stringify(sorted(document), null, 4))}\n`;
}

/** encoding/json makes its output safe for HTML. */
const escapeHtml = (json: string): string =>
  json.replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** Metadata comes in its own order, and its scalars are never quoted. */
export function asYaml(node: string, resource: WireResource, event: string | null): string {
  const head = event === null ? `node: ${node}\n` : `node: ${node}\nevent: ${event}\n`;
  const metadata = metadataOf(resource);
  const lines = ['namespace', 'type', 'id', 'version', 'owner', 'phase', 'created', 'updated'].map(
    (key) => `    ${key}: ${metadata[key] ?? ''}\n`,
  );
  const { labels, annotations, finalizers } = metadata;
  const rest = toGoYaml({ metadata: { labels, annotations, finalizers } });
  const more = rest.startsWith('metadata: ') ? '' : rest.slice('metadata:\n'.length);
  return `${head}metadata:\n${lines.join('')}${more}${toGoYaml({ spec: specOf(resource) })}`;
}

/** NAMESPACE TYPE ID VERSION and what the type itself shows. */
export function asRow(resource: WireResource, definition: Definition): readonly string[] {
  const metadata = resource.metadata;
  const spec = specOf(resource);
  return [
    metadata?.namespace ?? '',
    definition.displayType,
    metadata?.id ?? '',
    metadata?.version ?? '',
    ...definition.columns.map(({ jsonPath }) => cell(spec, jsonPath)),
  ];
}

/** `-o jsonpath=`: one line per result, objects and lists as JSON. */
export function asJsonPath(node: string, resource: WireResource, jsonPath: string): string {
  const document = { metadata: metadataOf(resource), node, spec: specOf(resource) };
  return find(document as YamlValue, jsonPath)
    .map((value) =>
      value !== null && typeof value === 'object'
        ? escapeHtml(JSON.stringify(sorted(value), null, 4))
        : String(value ?? '<nil>'),
    )
    .map((line) => `${line}\n`)
    .join('');
}

/** The part of kubectl's JSONPath that resource definitions use: `{.a.b}`, `{@}`, `{.list[:]}`, `{.list[?(@.type=="x")].y}`. */
const cell = (spec: YamlValue, jsonPath: string): string =>
  find(spec, jsonPath).map(text).join(' ');

function find(spec: YamlValue, jsonPath: string): readonly YamlValue[] {
  const path = jsonPath.replace(/^\{|\}$/g, '');
  if (path === '@') return [spec];
  const parts = [...path.matchAll(/\.([\w-]+)|\[[:*]\]|\[\?\(@\.(\w+)=="([^"]*)"\)\]/g)];
  return parts.reduce<readonly YamlValue[]>(
    (values, [part, field, key, wanted]) =>
      values.flatMap((value) => {
        if (field !== undefined) return fieldOf(value, field);
        if (!Array.isArray(value)) return [];
        return part === '[:]' || part === '[*]'
          ? value
          : value.filter((item) => fieldOf(item, key)[0] === wanted);
      }),
    [spec],
  );
}

function fieldOf(value: YamlValue, name = ''): readonly YamlValue[] {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return [];
  const field = (value as { readonly [key: string]: YamlValue | undefined })[name];
  return field === undefined ? [] : [field];
}

const text = (value: YamlValue): string =>
  value === null ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value);
