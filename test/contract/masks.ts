/** What may differ between two equal labs, or between two moments, and what stands in its place. */
const MASKS = {
  /** 2026-11-20T10:00:00Z, 2026-11-20T10:00:00.123456Z */
  timestamps: (text: string) =>
    text.replace(/\b20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, '<time>'),
  /** Mon Oct 12 13:23:38 2026 */
  'ansi-times': (text: string) =>
    text.replace(/\b[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d 20\d\d\b/g, '<time>'),
  /** When helm wrote a release, in seconds. */
  'release-times': (text: string) =>
    text.replace(/(?<="(?:createdAt|modifiedAt)": ?)"\d+"/g, '"<time>"'),
  /** Ages that a client counts from its own clock, which the lab's may be ahead of: `3h12m5s ago`. */
  ago: (text: string) => text.replace(/-?\b(?:\d+h)?(?:\d+m)?\d+s ago\b/g, '<age> ago'),
  /** Ages that a server counts: `5m`, `3h12m`, `22d`. */
  ages: (text: string) => text.replace(/(?<=^|\s)(?:\d+[ydhms]){1,2}(?=\s|$)/gm, '<age>'),
  versions: (text: string) => text.replace(/\bv\d+\.\d+\.\d+[\w.+-]*/g, '<version>'),
  /** Everything that a program says of its own build. */
  build: (text: string) =>
    text
      .replace(/(?<="(?:major|minor)": ?)"\d*\+?"/g, '"<number>"')
      .replace(/(?<="(?:gitVersion|kustomizeVersion)": ?)"[^"]*"/g, '"<version>"')
      .replace(/(?<="(?:gitCommit|gitTreeState|buildDate|goVersion)": ?)"[^"]*"/g, '"<build>"'),
  uuids: (text: string) =>
    text.replace(/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, '<uuid>'),
  /** Keys and certificates are new in every lab. */
  base64: (text: string) => text.replace(/[A-Za-z0-9+/]{60,}={0,2}/g, '<base64>'),
  /** All that `gen secrets` makes, wherever it is written. */
  secrets: (text: string) =>
    text
      .replace(/-----BEGIN ([A-Z0-9 ]+)-----[\s\S]*?-----END \1-----/g, '<pem $1>')
      .replace(/\b[A-Za-z0-9+/]{60,}={0,2}/g, '<base64>')
      .replace(/(?<![\w+/-])[\w+/-]{43}=/g, '<secret>')
      .replace(/\b[a-z0-9]{6}\.[a-z0-9]{16}\b/g, '<token>'),
  /** `gen secrets` makes its public half anew, too. */
  'bootstrap-tokens': (text: string) =>
    text.replace(/\bsystem:bootstrap:[a-z0-9]{6}\b/g, 'system:bootstrap:<token>'),
  /** base62 of random bytes. */
  'node-identities': (text: string) => text.replace(/\b[0-9A-Za-z]{42,44}\b/g, '<identity>'),
  /** Of a snapshot. */
  hashes: (text: string) => text.replace(/\bhash [0-9a-f]{1,8}\b/g, 'hash <hash>'),
  hex64: (text: string) => text.replace(/\b[0-9a-f]{64}\b/g, '<sha256>'),
  'resource-versions': (text: string) =>
    text.replace(/(?<="resourceVersion": ?)"\d+"/g, '"<version>"'),
} as const;

export type MaskName = keyof typeof MASKS;

export function masked(text: string, names: readonly MaskName[]): string {
  return names.reduce((result, name) => MASKS[name](result), text);
}

/** Labs get their network and their directories as they come; nothing else of a place may show. */
export function withoutPlaces(text: string, places: ReadonlyMap<string, string>): string {
  return [...places]
    .sort(([a], [b]) => b.length - a.length)
    .reduce((result, [place, word]) => result.replaceAll(place, word), text);
}
