/** The value under its default key, when the text starts without a key. */
export interface Properties {
  readonly first: string | null;
  readonly get: (key: string) => string | undefined;
  readonly entries: readonly (readonly [key: string, value: string])[];
}

/**
 * `local-lvm:vm-101-disk-1,discard=on,size=20G`: comma-separated pairs, of which the first may lack its key
 * (pve-common: PVE::JSONSchema::parse_property_string). Values hold no comma; base64 may end in `=`.
 */
export function parsePropertyString(text: string): Properties {
  const parts = text.split(',').map((part) => part.trim());
  const [head = ''] = parts;
  const first = head !== '' && !head.includes('=') ? head : null;
  const entries = parts
    .filter((part) => part.includes('='))
    .map((part) => {
      const at = part.indexOf('=');
      return [part.slice(0, at).trim(), part.slice(at + 1).trim()] as const;
    });
  const values = new Map(entries);
  return { first, get: (key) => values.get(key), entries };
}

/** Inside property strings on, yes and true are as good as 1 (pve-common: PVE::JSONSchema::parse_boolean). */
export const isOn = (value: string | undefined): boolean =>
  value !== undefined && /^(1|on|yes|true)$/i.test(value);

const UNIT_BYTES: Readonly<Record<string, number>> = {
  '': 1,
  K: 1024,
  M: 1024 ** 2,
  G: 1024 ** 3,
  T: 1024 ** 4,
};

/** `20G` in bytes; null when it is no size. Units are binary, a bare number is bytes (pve-common: parse_size). */
export function parseSize(text: string | undefined): number | null {
  const found = /^(\d+(?:\.\d+)?)([KMGT]?)$/.exec(text ?? '');
  const unit = UNIT_BYTES[found?.[2] ?? '-'];
  return found === null || unit === undefined ? null : Math.round(Number(found[1]) * unit);
}
