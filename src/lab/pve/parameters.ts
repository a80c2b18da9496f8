import { invalidParameters } from './refusal.js';

/** `name?` marks an optional one. */
export type ParameterType = 'string' | 'integer' | 'boolean';
export type ParameterTypes = Readonly<Record<string, ParameterType>>;
export type Parameters = Readonly<Record<string, string>>;

/**
 * pve-http-server splits form bodies on `&` and on `;`: a raw `boot=order=scsi0;ide2` arrives in two pieces.
 * Repeated keys keep their last value here, nothing that we serve takes a list.
 */
export function parseForm(text: string): Parameters {
  const parameters: Record<string, string> = {};
  for (const part of text.split(/[&;]/)) {
    if (part === '') continue;
    const at = part.indexOf('=');
    const [name, value] = at === -1 ? [part, ''] : [part.slice(0, at), part.slice(at + 1)];
    parameters[unescaped(name)] = unescaped(value);
  }
  return parameters;
}

function unescaped(text: string): string {
  const spaced = text.replaceAll('+', ' ');
  try {
    return decodeURIComponent(spaced);
  } catch {
    return spaced;
  }
}

/** A JSON body: true and false are allowed here only. */
export function parseJsonBody(text: string): Parameters {
  const parsed: unknown = JSON.parse(text);
  if (typeof parsed !== 'object' || parsed === null) return {};
  return Object.fromEntries(
    Object.entries(parsed).map(([name, value]) => [
      name,
      typeof value === 'boolean' ? String(Number(value)) : String(value),
    ]),
  );
}

/** `_dc` is a cache breaker of the web interface. @throws PveRefusal 400 */
export function checkParameters(given: Parameters, known: ParameterTypes): Parameters {
  const errors: Record<string, string> = {};
  for (const [name, value] of Object.entries(given)) {
    if (name === '_dc') continue;
    const type = typeOf(name, known);
    if (type === undefined) {
      errors[name] =
        'property is not defined in schema and the schema does not allow additional properties';
    } else if (!isOfType(value, type)) {
      errors[name] = `type check ('${type}') failed - got '${value}'`;
    }
  }
  for (const name of Object.keys(known)) {
    if (isRequired(name) && given[name] === undefined) {
      errors[name] = 'property is missing and it is not optional';
    }
  }
  if (Object.keys(errors).length > 0) throw invalidParameters(errors);
  return given;
}

const isRequired = (name: string): boolean => !name.endsWith('?') && !name.endsWith('*');

/** `net*` covers net0, net1, … */
function typeOf(name: string, known: ParameterTypes): ParameterType | undefined {
  return known[name] ?? known[`${name}?`] ?? known[`${name.replace(/\d+$/, '')}*`];
}

function isOfType(value: string, type: ParameterType): boolean {
  switch (type) {
    case 'string':
      return true;
    case 'integer':
      return /^-?\d+$/.test(value);
    case 'boolean':
      return value === '0' || value === '1';
  }
}
