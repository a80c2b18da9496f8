import {
  asciiOf,
  childrenOf,
  contentOf,
  type DerElement,
  expectTag,
  MalformedDer,
  oidOf,
  readWhole,
  TAG,
  textOf,
} from './der.js';
import { ipFromBytes } from './ip-text.js';

export interface NamePart {
  /** `CN`, `O`, … or the dotted object id. */
  readonly type: string;
  readonly value: string;
}

export interface SubjectAltNames {
  readonly dns: readonly string[];
  /** Canonical text. */
  readonly ips: readonly string[];
  readonly uris: readonly string[];
  readonly emails: readonly string[];
  /** otherName, directoryName, registeredID, …: only counted. */
  readonly otherCount: number;
}

export const NO_NAMES: SubjectAltNames = { dns: [], ips: [], uris: [], emails: [], otherCount: 0 };

const SHORT_NAMES: Readonly<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
};

/** Subject or issuer, in the order of the file; a multi-valued part gives several. @throws MalformedDer */
export function readName(bytes: Uint8Array, name: DerElement | undefined): readonly NamePart[] {
  return childrenOf(bytes, expectTag(name, TAG.sequence)).flatMap((relative) =>
    childrenOf(bytes, expectTag(relative, TAG.set)).map((pair) => {
      const [type, value, ...rest] = childrenOf(bytes, expectTag(pair, TAG.sequence));
      if (value === undefined || rest.length > 0) throw new MalformedDer('has a broken name');
      const oid = oidOf(bytes, type);
      return { type: SHORT_NAMES[oid] ?? oid, value: textOf(bytes, value) };
    }),
  );
}

/** Content of a subjectAltName extension (GeneralNames). @throws MalformedDer */
export function readAltNames(extension: Uint8Array): SubjectAltNames {
  const names = childrenOf(extension, readWhole(extension, TAG.sequence));
  const textsOf = (tag: number) =>
    names.filter((name) => name.tag === tag).map((name) => asciiOf(extension, name));
  const addresses = names.filter((name) => name.tag === 0x87);
  return {
    emails: textsOf(0x81),
    dns: textsOf(0x82),
    uris: textsOf(0x86),
    ips: addresses.map((name) => {
      const ip = ipFromBytes(contentOf(extension, name));
      if (ip === null) throw new MalformedDer('has an IP address of a wrong size');
      return ip;
    }),
    otherCount: names.filter(({ tag }) => ![0x81, 0x82, 0x86, 0x87].includes(tag)).length,
  };
}

export interface Extension {
  readonly oid: string;
  readonly value: Uint8Array;
}

/** Extensions ::= SEQUENCE OF { id, critical DEFAULT FALSE, value }. @throws MalformedDer */
export function readExtensions(bytes: Uint8Array, list: DerElement): readonly Extension[] {
  const extensions = childrenOf(bytes, expectTag(list, TAG.sequence)).map((extension) => {
    const [oid, ...rest] = childrenOf(bytes, expectTag(extension, TAG.sequence));
    const [first, second, third] = rest;
    const value = first?.tag === TAG.boolean ? second : first;
    if (third !== undefined || (first?.tag !== TAG.boolean && second !== undefined)) {
      throw new MalformedDer('has a broken extension');
    }
    return {
      oid: oidOf(bytes, oid),
      value: contentOf(bytes, expectTag(value, TAG.octetString)),
    };
  });
  if (new Set(extensions.map(({ oid }) => oid)).size < extensions.length) {
    throw new MalformedDer('has the same extension twice');
  }
  return extensions;
}
