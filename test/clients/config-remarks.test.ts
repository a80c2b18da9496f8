import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { remarksOf } from '../../src/clients/inspect/config-remarks.js';

const CONFIG = stringify({
  machine: {
    type: 'contrlplane',
    token: 's7n4wk.wgbkze02si1mq4ec',
    env: { PROXY_PASSWORD: 'correct horse' },
    files: [{ content: 'first line\nsecond s3cret line\n', path: '/var/etc/x' }],
    install: { disk: '/dev/sda', image: 'ghcr.io/siderolabs/installer:v1.13.9' },
  },
  cluster: { network: { podSubnets: ['10.244.0.0/99'] } },
});

test('names keys that talosctl does not know, and never what stands there', () => {
  const said = `error decoding document /v1alpha1/ (line 1): unknown keys found during decoding:
machine:
    features:
        guestAgent: true
    tokn: abc.secretvalue123
    files:
        - contnt: |
            first

            token: another

`;

  expect(remarksOf(said, CONFIG)).toEqual([
    'unknown key machine.features.guestAgent',
    'unknown key machine.tokn',
    'unknown key machine.files.contnt',
  ]);
});

test('gives each reason once, in the words of talosctl', () => {
  const said = `1 error occurred:
	* v1alpha1.Config: 3 errors occurred:
	* etcd config is only allowed on control plane machines
	* cluster CA key is not allowed on non-controlplane nodes (.cluster.ca)
	* unknown machine type "contrlplane"



`;

  expect(remarksOf(said, CONFIG)).toEqual([
    'etcd config is only allowed on control plane machines',
    'cluster CA key is not allowed on non-controlplane nodes (.cluster.ca)',
    'unknown machine type "contrlplane"',
  ]);
});

test('leaves out what a parser quotes of a secret, and keeps addresses and paths', () => {
  const said = `error decoding document /v1alpha1/ (line 1): error decoding  to *v1alpha1.Config: yaml: construct errors:
  line 7: cannot unmarshal !!str \`s7n4wk....\` into int
invalid CIDR "10.244.0.0/99" of "s7n4wk.wgbkze02si1mq4ec" in /dev/sda
bad proxy correct horse or second s3cret line
key LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUJQakND
`;

  expect(remarksOf(said, CONFIG)).toEqual([
    'yaml: construct errors:',
    'line 7: cannot unmarshal !!str … into int',
    'invalid CIDR "10.244.0.0/99" of "…" in /dev/sda',
    'bad proxy … or …',
    'key …',
  ]);
});

test('says nothing where nothing was said', () => {
  expect(remarksOf('', CONFIG)).toEqual([]);
});

test('no value of a key that may hold a secret is ever repeated, wherever it stands', () => {
  const secret = fc.stringMatching(/^[A-Za-z0-9+/=.!-]{6,40}$/);
  const key = fc.constantFrom('token', 'secret', 'password', 'key', 'content', 'authkey');
  fc.assert(
    fc.property(secret, key, fc.lorem(), (value, name, words) => {
      const config = stringify({ machine: { [name]: value } });
      const said = `${words} "${value}" ${words}\n`;
      expect(remarksOf(said, config).join('\n')).not.toContain(value);
      const unknown = `unknown keys found during decoding:\n${stringify({ machine: { [`x${name}`]: value } })}\n`;
      expect(remarksOf(unknown, '').join('\n')).not.toContain(`: ${value}`);
    }),
  );
});
