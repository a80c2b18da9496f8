import { type ImageReport, type ImageState, imageReport } from '../model/extensions.js';
import type { Snapshot } from '../model/snapshot.js';
import { perSnapshot } from './per-snapshot.js';

/** What a node runs, without the figures of the node that keep moving. */
export interface ImageRow
  extends Pick<ImageState, 'version' | 'schematic' | 'extensions' | 'missing' | 'level' | 'text'> {
  readonly machineKey: string;
  readonly node: string;
}

export interface ImageSummary extends Pick<ImageReport, 'schematic' | 'extensions'> {
  readonly rows: readonly ImageRow[];
}

export const imagesView: (snapshot: Snapshot) => ImageSummary = perSnapshot((snapshot) => {
  const { schematic, extensions, nodes } = imageReport(snapshot);
  return {
    schematic,
    extensions,
    rows: nodes.map((node) => ({
      machineKey: node.machine.key,
      node: node.machine.name,
      version: node.version,
      schematic: node.schematic,
      extensions: node.extensions,
      missing: node.missing,
      level: node.level,
      text: node.text,
    })),
  };
});
