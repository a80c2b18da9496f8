import { invalidParameters } from './refusal.js';

const DNS_NAME =
  /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$/;
const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9_\-+.]*$/;
const MAC = /^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/i;

const CHOICES: Readonly<Record<string, readonly string[]>> = {
  bios: ['seabios', 'ovmf'],
  scsihw: ['lsi', 'lsi53c810', 'virtio-scsi-pci', 'virtio-scsi-single', 'megasas', 'pvscsi'],
  ostype: [
    'other',
    'wxp',
    'w2k',
    'w2k3',
    'w2k8',
    'wvista',
    'win7',
    'win8',
    'win10',
    'win11',
    'l24',
    'l26',
    'solaris',
  ],
};

const NIC_MODELS =
  /^(?:e1000|e1000e|e1000-\w+|i82551|i82557b|i82559er|ne2k_isa|ne2k_pci|pcnet|rtl8139|virtio|vmxnet3)$/;

function networkProblem(text: string): string | null {
  const [first = '', ...options] = text.split(',');
  const named = first.startsWith('model=') ? first.slice('model='.length) : first;
  const [model = '', mac] = named.split('=');
  if (!NIC_MODELS.test(model))
    return `invalid format - model: value '${model}' does not have a value in the enumeration`;
  const address = mac ?? options.find((each) => each.startsWith('macaddr='))?.split('=')[1];
  if (address !== undefined && !MAC.test(address)) {
    return 'invalid format - macaddr: value does not look like a valid unicast MAC address';
  }
  if (address !== undefined && Number.parseInt(address.slice(0, 2), 16) % 2 === 1) {
    return 'invalid format - macaddr: value does not look like a valid unicast MAC address';
  }
  const tag = options.find((each) => each.startsWith('tag='))?.split('=')[1];
  if (tag !== undefined && !(Number(tag) >= 1 && Number(tag) <= 4094)) {
    return 'invalid format - tag: value must have a maximum value of 4094';
  }
  return null;
}

function problemOf(key: string, text: string): string | null {
  if (/^net\d+$/.test(key)) return networkProblem(text);
  if (key === 'name' && !DNS_NAME.test(text)) {
    return 'invalid format - value does not look like a valid DNS name';
  }
  if (key === 'tags') {
    const wrong = text.split(/[;, ]+/).find((tag) => tag !== '' && !TAG.test(tag));
    if (wrong !== undefined) return `invalid format - invalid characters in tag '${wrong}'`;
  }
  if (key === 'memory' && !/^(?:current=)?\d+$/.test(text)) {
    return "invalid format - format error\ncurrent: type check ('integer') failed";
  }
  if (key === 'cores' || key === 'sockets') {
    if (Number(text) < 1) return 'value must have a minimum value of 1';
  }
  const choices = CHOICES[key];
  if (choices !== undefined && !choices.includes(text)) {
    return `value '${text}' does not have a value in the enumeration '${choices.join(', ')}'`;
  }
  return null;
}

/** A value that the schema does not take. @throws PveRefusal 400 */
export function checkValue(key: string, text: string): void {
  const problem = problemOf(key, text);
  if (problem !== null) throw invalidParameters({ [key]: problem });
}
