import { laterInLife } from './life.js';
import { touchNode } from './node.js';
import { applySettings } from './talos-settings.js';
import type { StoredConfig } from './talos-types.js';
import type { LabNode, World } from './types.js';

/** Between the acceptance of a configuration and the next step. */
const ACCEPT_MS = 700;

/** Waits for a configuration from whoever comes first. */
export function enterMaintenance(world: World, node: LabNode, done: () => void): void {
  const note = (action: 'START' | 'STOP'): void =>
    node.journal.note(world.clock.now(), { kind: 'task', task: 'runningMaintenance', action });
  note('START');
  node.journal.say(world.clock.now(), 'this machine is reachable at:');
  node.journal.say(world.clock.now(), `\t${node.address}`);
  node.journal.say(
    world.clock.now(),
    `upload configuration using talosctl:\n\ttalosctl apply-config --insecure --nodes ${node.address} --file <config.yaml>`,
  );
  node.stage = 'maintenance';
  node.machine.whenConfigured = (config) => {
    node.machine.whenConfigured = null;
    take(world, node, config);
    note('STOP');
    node.stage = 'booting';
    touchNode(world, node);
    world.touch(`node:${node.hostname}`);
    laterInLife(world, node, ACCEPT_MS, done);
  };
  touchNode(world, node);
  world.touch(`node:${node.hostname}`);
}

/** An installed machine keeps it on STATE, the others take it along to the installation. */
function take(world: World, node: LabNode, config: StoredConfig): void {
  node.machine.config = config;
  if (node.machine.systemDisk !== null) node.machine.systemDisk.config = config;
  if (config.settings !== null) applySettings(world, node, config.settings);
}
