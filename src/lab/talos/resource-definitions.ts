import type { YamlValue } from './go-yaml.js';

/** What a type says about itself, as ResourceDefinitions.meta.cosi.dev shows it. */
export interface TypeDefinition {
  /** `Members.cluster.talos.dev` */
  readonly type: string;
  readonly namespace: string;
  readonly isSensitive: boolean;
  /** Has no names but its explicit ones. */
  readonly isPlain: boolean;
  /** Short names beyond the automatic ones. */
  readonly aliases: readonly string[];
  readonly columns: readonly { readonly name: string; readonly jsonPath: string }[];
}

export interface NamedDefinition extends TypeDefinition {
  readonly displayType: string;
  readonly allAliases: readonly string[];
}

/**
 * Computes the names that talosctl accepts (cosi-project/runtime meta.ResourceDefinitionSpec.Fill): the plural,
 * its prefixes, the explicit aliases, the singular, the capitals and their plural.
 */
export function nameDefinition(definition: TypeDefinition): NamedDefinition {
  const [name = '', ...suffix] = definition.type.split('.');
  const singular = singularOf(name);
  if (definition.isPlain) {
    return { ...definition, displayType: singular, allAliases: definition.aliases };
  }
  const prefixes = suffix
    .slice(0, -1)
    .map((_, index) => [name, ...suffix.slice(0, index + 1)].join('.').toLowerCase());
  const capitals = name.replace(/[^A-Z]/g, '');
  const aliases = [...definition.aliases, singular.toLowerCase()];
  if (capitals.length > 1) {
    aliases.push(capitals.toLowerCase());
    if (!capitals.endsWith('S')) aliases.push(`${capitals.toLowerCase()}s`);
  }
  return {
    ...definition,
    aliases,
    displayType: singular,
    allAliases: [name.toLowerCase(), ...prefixes, ...aliases],
  };
}

/** English as gertd/go-pluralize knows it, for the names that Talos has. */
function singularOf(plural: string): string {
  if (/(?:sses|shes|ches|xes|Addresses|Statuses)$/.test(plural)) return plural.slice(0, -2);
  if (/ies$/.test(plural)) return `${plural.slice(0, -3)}y`;
  return plural.replace(/s$/, '');
}

export const definitionSpec = (definition: NamedDefinition): YamlValue => ({
  type: definition.type,
  displayType: definition.displayType,
  defaultNamespace: definition.namespace,
  aliases: definition.aliases,
  allAliases: definition.allAliases,
  skipAutomaticAliases: definition.isPlain || undefined,
  printColumns: definition.columns.map(({ name, jsonPath }) => ({ name, jsonPath })),
  sensitivity: definition.isSensitive ? 'sensitive' : undefined,
});

/** The protobuf form that real talosctl reads: it never looks at the YAML of a definition. */
export interface DefinitionMessage {
  readonly resource_type: string;
  readonly display_type: string;
  readonly default_namespace: string;
  readonly aliases: readonly string[];
  readonly all_aliases: readonly string[];
  readonly print_columns: readonly { readonly name: string; readonly json_path: string }[];
  readonly sensitivity: 0 | 1;
}

export const definitionMessage = (definition: NamedDefinition): DefinitionMessage => ({
  resource_type: definition.type,
  display_type: definition.displayType,
  default_namespace: definition.namespace,
  aliases: definition.aliases,
  all_aliases: definition.allAliases,
  print_columns: definition.columns.map(({ name, jsonPath }) => ({ name, json_path: jsonPath })),
  sensitivity: definition.isSensitive ? 1 : 0,
});
