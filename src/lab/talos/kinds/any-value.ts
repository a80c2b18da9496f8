import type { YamlValue } from '../go-yaml.js';

/** google.protobuf.Value, as the loader wants it. */
function anyValue(value: YamlValue | undefined): object {
  if (value === null || value === undefined) return { null_value: 0 };
  if (Array.isArray(value)) return { list_value: { values: value.map(anyValue) } };
  switch (typeof value) {
    case 'string':
      return { string_value: value };
    case 'boolean':
      return { bool_value: value };
    case 'object':
      return { struct_value: anyObject(value as Readonly<Record<string, YamlValue | undefined>>) };
    default:
      return { number_value: Number(value) };
  }
}

/** google.protobuf.Struct. */
export const anyObject = (value: Readonly<Record<string, YamlValue | undefined>>): object => ({
  fields: Object.fromEntries(
    Object.entries(value)
      .filter(([, field]) => field !== undefined)
      .map(([name, field]) => [name, anyValue(field)]),
  ),
});
