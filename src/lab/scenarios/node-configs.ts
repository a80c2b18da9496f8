import { readFileSync } from 'node:fs';
import { parse, parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { assetPath } from '../../model/package-root.js';
import { encodeConfig } from '../talos/config/encode.js';
import { activeConfig } from '../talos/kinds/machine-config.js';
import { type Taint, taintsOf } from '../world/kube-node.js';
import { getObject, putObject } from '../world/kube-store.js';
import { type Document, settingsOf } from '../world/talos-settings.js';
import { talosMinor } from '../world/talos-version.js';
import type { LabHandle, LabNode, World } from '../world/types.js';

const fieldsSchema = z.record(z.string(), z.unknown());
const fileSchema = z.object({
  all: fieldsSchema.default({}),
  controlplane: fieldsSchema.default({}),
  worker: fieldsSchema.default({}),
  /** By the end of a node's name. */
  nodes: z.record(z.string(), fieldsSchema).default({}),
});

const isMap = (value: unknown): value is Document =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A patch as talosctl understands it: maps are merged, lists are added to, everything else is replaced. */
function merged(base: unknown, patch: unknown): unknown {
  if (Array.isArray(base) && Array.isArray(patch)) return [...base, ...patch];
  if (!isMap(base) || !isMap(patch)) return patch;
  const added = Object.entries(patch).map(
    ([key, value]) => [key, merged(base[key], value)] as const,
  );
  return { ...base, ...Object.fromEntries(added) };
}

/** Gives every machine a configuration of its own, and its node the labels and taints of it. */
export function writeConfigs(lab: LabHandle, name: string): void {
  const text = readFileSync(assetPath('lab', 'configs', `${name}.yaml`), 'utf8');
  const file = fileSchema.parse(parse(text));
  for (const node of lab.world.nodes.values()) {
    const own = Object.entries(file.nodes)
      .filter(([ending]) => node.hostname.endsWith(ending))
      .map(([, patch]) => patch);
    writeConfig(lab, node, [file.all, file[node.role], ...own]);
  }
}

function writeConfig(lab: LabHandle, node: LabNode, patches: readonly Document[]): void {
  const { world } = lab;
  const seeded = parseAllDocuments(activeConfig({ lab, world, node })).map(
    (document) => document.toJS() as Document,
  );
  const [main = {}, ...others] = seeded;
  const patched = patches.reduce<unknown>(merged, main) as Document;
  const documents = [patched, ...others];
  const stored = {
    text: encodeConfig(documents, talosMinor(node.talosVersion)),
    settings: settingsOf(documents),
  };
  node.machine.config = stored;
  if (node.machine.systemDisk !== null) node.machine.systemDisk.config = stored;
  markNode(world, node, patched);
}

const mapAt = (value: unknown, key: string): Document => {
  const found = isMap(value) ? value[key] : undefined;
  return isMap(found) ? found : {};
};

/** talos: its node controllers copy labels and taints of the configuration to the node object. */
function markNode(world: World, node: LabNode, config: Document): void {
  const object = getObject(world, 'nodes', node.hostname);
  const machine = mapAt(config, 'machine');
  const labels = mapAt(machine, 'nodeLabels') as Record<string, string>;
  const taints = Object.entries(mapAt(machine, 'nodeTaints')).map(([key, text]): Taint => {
    const [value = '', effect = ''] = String(text).split(':');
    return { key, value, effect };
  });
  if (object === undefined) return;
  const spec = object.spec as object;
  const all = [...taintsOf(object), ...taints];
  putObject(world, 'nodes', {
    ...object,
    metadata: { ...object.metadata, labels: { ...object.metadata.labels, ...labels } },
    spec: all.length === 0 ? spec : { ...spec, taints: all },
  });
}
