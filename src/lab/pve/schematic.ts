import { createHash } from 'node:crypto';
import { parse } from 'yaml';
import { z } from 'zod';
import { toGoYaml, type YamlValue } from '../talos/go-yaml.js';

const texts = z.array(z.string()).optional();

/** image-factory: pkg/schematic; the order of the fields is the order in which it prints them. */
const schematicBody = z
  .strictObject({
    owner: z.string().optional(),
    overlay: z
      .strictObject({
        image: z.string().optional(),
        name: z.string().optional(),
        options: z.record(z.string(), z.json()).optional(),
      })
      .optional(),
    customization: z
      .strictObject({
        embeddedMachineConfiguration: z.string().optional(),
        extraKernelArgs: texts,
        meta: z
          .array(z.strictObject({ key: z.int().min(0).max(255), value: z.string() }))
          .optional(),
        systemExtensions: z.strictObject({ officialExtensions: texts }).nullish(),
        bootloader: z.string().optional(),
        secureboot: z
          .strictObject({ includeWellKnownCertificates: z.boolean().optional() })
          .nullish(),
        diskImage: z.record(z.string(), z.json()).optional(),
      })
      .nullish(),
  })
  .nullable();

export class InvalidSchematic extends Error {}

export interface Schematic {
  readonly id: string;
  /** The canonical text whose SHA-256 is the id. */
  readonly yaml: string;
}

/** @throws InvalidSchematic on broken YAML and on any field that the factory does not know. */
export function readSchematic(text: string): Schematic {
  const result = schematicBody.safeParse(parseYaml(text));
  if (!result.success) throw new InvalidSchematic(complaint(result.error));
  const body = result.data ?? {};
  const yaml = toGoYaml({
    owner: ordered(body.owner),
    overlay: overlayOf(body.overlay),
    customization: ordered(body.customization) ?? {},
  });
  return { id: createHash('sha256').update(yaml).digest('hex'), yaml };
}

/** Go prints image and name even when only one of them is set. */
function overlayOf(
  overlay: NonNullable<z.infer<typeof schematicBody>>['overlay'],
): YamlValue | undefined {
  const fields = ordered(overlay);
  if (overlay === undefined || fields === undefined) return undefined;
  const { image = '', name = '', options } = overlay;
  return { image, name, options: ordered(options) };
}

function parseYaml(text: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    throw new InvalidSchematic(`yaml: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** zod gives the fields in the order of its schema; empty ones are left out, as Go's omitempty does. */
function ordered(value: unknown): YamlValue | undefined {
  if (value === undefined || value === null || value === '' || value === false) return undefined;
  if (Array.isArray(value)) {
    return value.length === 0 ? undefined : value.map((item) => element(item));
  }
  if (typeof value !== 'object') return value as YamlValue;
  const fields = Object.entries(value).flatMap(([key, field]) => {
    const kept = ordered(field);
    return kept === undefined ? [] : [[key, kept] as const];
  });
  return fields.length === 0 ? undefined : Object.fromEntries(fields);
}

/** META entries keep `key: 0` and an empty value. */
const element = (item: unknown): YamlValue =>
  typeof item === 'object' && item !== null ? ({ ...item } as YamlValue) : (item as YamlValue);

function complaint(error: z.ZodError): string {
  const lines = error.issues.map((issue) =>
    issue.code === 'unrecognized_keys'
      ? `  line 1: field ${issue.keys.join(', ')} not found in type schematic.${typeName(issue.path)}`
      : `  line 1: cannot unmarshal ${issue.path.join('.')}: ${issue.message}`,
  );
  return `yaml: unmarshal errors:\n${lines.join('\n')}`;
}

function typeName(path: readonly PropertyKey[]): string {
  const last = String(path.at(-1) ?? 'schematic');
  return last.charAt(0).toUpperCase() + last.slice(1);
}
