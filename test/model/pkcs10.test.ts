import { createHash, generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type CertificateRequest, readCertificateRequest } from '../../src/model/pkcs10.js';
import { ecKeys, pemOf, requestDer, requestPem } from '../support/certificate-request.js';

/** As `openssl req -new -newkey ec … -addext subjectAltName=…` of OpenSSL 3.0 wrote it. */
const OPENSSL_REQUEST = `-----BEGIN CERTIFICATE REQUEST-----
MIIBizCCARACAQAwNjEVMBMGA1UECgwMc3lzdGVtOm5vZGVzMR0wGwYDVQQDDBRz
eXN0ZW06bm9kZTp3b3JrZXItMTB2MBAGByqGSM49AgEGBSuBBAAiA2IABACB0yop
oijs4k72KlHZ2aqox9cWfrska3C/3319feT/TiKtAKqfNCWtF4xX4hddKHij+wh3
xJ/3WjG5o0t2g/R5ozQJv0Zdk/71K6/Pr9bUkJHYau0ztNQqfRAzIkVIIqBbMFkG
CSqGSIb3DQEJDjFMMEowSAYDVR0RBEEwP4IId29ya2VyLTGHBAoAABWHEP0AAAAA
AAAAAAAAAAAAACGGDHNwaWZmZTovL3gveYENYUBleGFtcGxlLmNvbTAKBggqhkjO
PQQDAgNpADBmAjEAjfkSKui7zIVYykfCrAA6LmfywrmIzXST0BnVRWIYXEX85B3w
svn4hx+LnSaCLTO7AjEA26SkX5g/pLjO4RM3STo5JO1KFWqXMZzTwEt5QhgcsBAS
JaWguXdTBmR3Wqlz51q0
-----END CERTIFICATE REQUEST-----
`;

function readGood(pem: string): CertificateRequest {
  const reading = readCertificateRequest(pem);
  if (!reading.ok) throw new Error(reading.problem);
  return reading.request;
}

const problemOf = (pem: string): string => {
  const reading = readCertificateRequest(pem);
  return reading.ok ? 'none' : reading.problem;
};

test('reads a request that OpenSSL made', () => {
  expect(readGood(OPENSSL_REQUEST)).toMatchObject({
    subject: [
      { type: 'O', value: 'system:nodes' },
      { type: 'CN', value: 'system:node:worker-1' },
    ],
    altNames: {
      dns: ['worker-1'],
      ips: ['10.0.0.21', 'fd00::21'],
      uris: ['spiffe://x/y'],
      emails: ['a@example.com'],
      otherCount: 0,
    },
    key: { type: 'ec', curve: 'P-384' },
    signature: 'valid',
  });
});

test('reads every kind of key that a kubelet may use', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const ed25519 = generateKeyPairSync('ed25519');
  const read = (change: Parameters<typeof requestPem>[0]) => {
    const { key, signature } = readGood(requestPem(change));
    return { key, signature };
  };

  expect(read({ keys: ecKeys('P-256') })).toEqual({
    key: { type: 'ec', curve: 'P-256' },
    signature: 'valid',
  });
  expect(
    read({ keys: ecKeys('P-384'), digest: 'sha384', signatureOid: '1.2.840.10045.4.3.3' }),
  ).toEqual({ key: { type: 'ec', curve: 'P-384' }, signature: 'valid' });
  expect(read({ keys: rsa, signatureOid: '1.2.840.113549.1.1.11' })).toEqual({
    key: { type: 'rsa', bits: 2048 },
    signature: 'valid',
  });
  expect(read({ keys: ed25519, digest: null, signatureOid: '1.3.101.112' })).toEqual({
    key: { type: 'ed25519' },
    signature: 'valid',
  });
  expect(readGood(requestPem({ keys: ecKeys('secp256k1') })).key).toEqual({
    type: 'other',
    algorithm: '1.2.840.10045.2.1',
  });
});

test('names the key by the SHA-256 of its public key info', () => {
  const keys = ecKeys();
  const info = keys.publicKey.export({ format: 'der', type: 'spki' });

  expect(readGood(requestPem({ keys })).keyFingerprint).toBe(
    createHash('sha256').update(info).digest('hex'),
  );
});

test('keeps the alternative names apart by type and writes one text per address', () => {
  const { altNames } = readGood(
    requestPem({
      altNames: [
        'dns:a',
        'ip:10.0.0.1',
        'ip:fd00::1',
        'ip:::ffff:7f00:1',
        'uri:u',
        'email:e',
        'other:o',
      ],
    }),
  );

  expect(altNames).toEqual({
    dns: ['a'],
    ips: ['10.0.0.1', 'fd00::1', '127.0.0.1'],
    uris: ['u'],
    emails: ['e'],
    otherCount: 1,
  });
});

test('notices a signature by another key', () => {
  const { privateKey } = ecKeys();
  const { publicKey } = ecKeys();

  expect(readGood(requestPem({ keys: { privateKey, publicKey } })).signature).toBe('invalid');
});

test('says what is wrong with text that is not exactly one request', () => {
  const pem = requestPem();

  expect(problemOf('')).toBe('The request is not exactly one CERTIFICATE REQUEST block.');
  expect(problemOf(pem + pem)).toBe('The request is not exactly one CERTIFICATE REQUEST block.');
  expect(problemOf(pemOf(requestDer(), 'CERTIFICATE'))).toContain('not exactly one');
  expect(problemOf(`Hello\n${pem}`)).toContain('not exactly one');
  expect(problemOf(pemOf(Buffer.concat([requestDer(), Buffer.from([0])])))).toBe(
    'The request has bytes after its end.',
  );
  expect(problemOf(pemOf(Buffer.alloc(60_000)))).toBe('The request is larger than 64 KiB.');
});

test('refuses names that two programs could read differently', () => {
  expect(problemOf(requestPem({ altNames: ['dns:worker-1\0.evil'] }))).toContain('control');
  expect(problemOf(requestPem({ altNames: ['dns:wörker'] }))).toContain('encoding');
  expect(problemOf(requestPem({ extraExtensions: ['2.5.29.17'] }))).toBe(
    'The request has the same extension twice.',
  );
});

test('never throws on garbage, cut or changed requests', () => {
  const good = requestDer();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
      expect(readCertificateRequest(pemOf(bytes)).ok).toBe(false);
    }),
    { numRuns: 500 },
  );
  fc.assert(
    fc.property(fc.string({ maxLength: 400 }), (text) => {
      expect(readCertificateRequest(text).ok).toBe(false);
    }),
  );
  fc.assert(
    fc.property(fc.nat(good.length - 1), (length) => {
      expect(readCertificateRequest(pemOf(good.subarray(0, length))).ok).toBe(false);
    }),
    { numRuns: 200 },
  );
});

test('no single changed bit leaves a request readable and its signature valid', () => {
  const good = requestDer();
  fc.assert(
    fc.property(fc.nat(good.length * 8 - 1), (bit) => {
      const changed = Buffer.from(good);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const reading = readCertificateRequest(pemOf(changed));
      expect(reading.ok && reading.request.signature === 'valid').toBe(false);
    }),
    { numRuns: 2000 },
  );
});
