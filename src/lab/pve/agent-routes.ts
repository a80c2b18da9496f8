import type { LabNode, LabVm, World } from '../world/types.js';
import { nodeOfVm } from '../world/vm.js';
import { guestCall } from './guest-call.js';
import { died } from './refusal.js';
import type { Call, Route } from './route.js';

/** How long Proxmox waits for a ping before it says that nobody is there. */
const PING_TIMEOUT_MS = 3000;
const AGENT_VERSION = '10.2.0';

/** What answers: the extension's service in a guest whose QEMU process has the port. */
function agentIn(world: World, vm: LabVm): LabNode | null {
  const node = nodeOfVm(world, vm.vmId);
  if (node === undefined || !node.isUp || node.isHung || vm.qmpStatus !== 'running') return null;
  const hasExtension = node.extensions.some(({ name }) => name === 'qemu-guest-agent');
  const isRunning = node.services.get('ext-qemu-guest-agent')?.state === 'Running';
  return hasExtension && isRunning ? node : null;
}

/** @throws PveRefusal 500 as every agent call, after its checks */
function agent(call: Call): LabNode {
  const vm = guestCall(call);
  // Only a cold start adds the port: a pending `agent=1` has no effect yet.
  if (!/^(enabled=)?1/.test(String(vm.config.agent ?? ''))) {
    throw died('No QEMU guest agent configured');
  }
  if (vm.status !== 'running') throw died(`VM ${vm.vmId} is not running`);
  const node = agentIn(call.world, vm);
  if (node === null) throw died('QEMU guest agent is not running', PING_TIMEOUT_MS);
  return node;
}

const addresses = ({ mac, address }: LabNode, { facts }: World) => [
  {
    name: 'lo',
    'hardware-address': '00:00:00:00:00:00',
    'ip-addresses': [{ 'ip-address': '127.0.0.1', 'ip-address-type': 'ipv4', prefix: 8 }],
  },
  {
    name: facts.linkName,
    'hardware-address': mac,
    'ip-addresses': [
      { 'ip-address': address, 'ip-address-type': 'ipv4', prefix: facts.lanPrefixLength },
    ],
  },
];

const COMMANDS = ['guest-ping', 'guest-info', 'guest-network-get-interfaces', 'guest-shutdown'];

const route = (
  method: Route['method'],
  command: string,
  answer: (node: LabNode, call: Call) => unknown,
): Route => ({
  method,
  path: `/nodes/{node}/qemu/{vmid}/agent/${command}`,
  privilege: ['/vms/{vmid}', 'VM.GuestAgent.Audit|VM.GuestAgent.Unrestricted'],
  parameters: {},
  run: (call) => ({ data: { result: answer(agent(call), call) } }),
});

export const AGENT_ROUTES: readonly Route[] = [
  route('POST', 'ping', () => ({})),
  route('GET', 'info', () => ({
    version: AGENT_VERSION,
    supported_commands: COMMANDS.map((name) => ({
      name,
      enabled: true,
      'success-response': name !== 'guest-shutdown',
    })),
  })),
  route('GET', 'network-get-interfaces', (node, { world }) => addresses(node, world)),
];
