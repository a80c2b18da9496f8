import { EMPTY_SCHEMATIC } from '../../model/extensions.js';

/** An installer of an Image Factory: `factory.talos.dev/nocloud-installer/<schematic>:v1.13.9`. */
export interface FactoryReference {
  readonly host: string;
  /** `metal` for the name without a platform. */
  readonly platform: string;
  readonly isSecureBoot: boolean;
  readonly schematic: string;
  readonly tag: string;
}

const FACTORY =
  /^(?<host>[a-z0-9.-]+(?::\d+)?)\/(?:(?<platform>[a-z0-9]+)-)?installer(?<secure>-secureboot)?\/(?<schematic>[0-9a-f]{64}):(?<tag>v[\w.-]{1,60})$/;

/** Null for every other image: stock, of another registry, or not understood. */
export function parseReference(text: string): FactoryReference | null {
  const groups = FACTORY.exec(text)?.groups;
  if (groups === undefined) return null;
  const { host = '', platform = 'metal', secure, schematic = '', tag = '' } = groups;
  return { host, platform, isSecureBoot: secure !== undefined, schematic, tag };
}

/** `<platform>-installer` since Talos 1.10; the name without a platform means metal (talos reference 5.6). */
export const referenceText = ({
  host,
  platform,
  isSecureBoot,
  schematic,
  tag,
}: FactoryReference): string =>
  `${host}/${platform}-installer${isSecureBoot ? '-secureboot' : ''}/${schematic}:${tag}`;

const PUBLIC_FACTORY = 'factory.talos.dev';

/** Where nodes pull from: a factory on this machine only stands in for the public one. */
export function factoryHost(factoryUrl: string | undefined): string {
  const url = factoryUrl === undefined ? null : URL.parse(factoryUrl);
  if (url === null || /^127\.|^localhost$|^\[::1\]$/.test(url.hostname)) return PUBLIC_FACTORY;
  return url.host;
}

export const isSchematic = (text: string): boolean => /^[0-9a-f]{64}$/.test(text);

/** It adds nothing. */
export const isPlain = (schematic: string | null): boolean =>
  schematic === null || schematic === EMPTY_SCHEMATIC;
