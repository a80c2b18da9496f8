import { formatList } from '../../model/format.js';
import type { Choice, Found } from './choose.js';
import { verdictText } from './detect.js';
import { isPlain } from './reference.js';
import type { Upgrade, UpgradePath, UpgradeTarget } from './target.js';

/** Per node: what runs, what comes, which image, and how. */
export function previewLines({ upgrade, found, skipped, notes }: Choice): readonly string[] {
  return [
    ...upgrade.targets.flatMap((target) => {
      const own = found.find((each) => each.target.address === target.address);
      return own === undefined ? [] : nodeLines(target, own, upgrade);
    }),
    ...(skipped.length === 0
      ? []
      : [
          `left alone: ${formatList(
            skipped.map(({ name }) => name),
            8,
          )} ${skipped.length === 1 ? 'runs' : 'run'} it already`,
        ]),
    ...notes.map((note) => `note: ${note}`),
  ];
}

function nodeLines(
  target: UpgradeTarget,
  { running, verdict, image }: Found,
  { version }: Upgrade,
): readonly string[] {
  const { name } = target;
  return [
    `${name}: ${running.tag} → ${version}, ${schematicText(running.schematic, image.schematic)} (${verdict}: ${verdictText(verdict)})`,
    `   extensions: ${extensionsText(running.extensions, image)}`,
    `   image ${image.reference}`,
    `   ${pathText(target.path)}`,
  ];
}

const schematicText = (before: string | null, after: string): string =>
  before === after
    ? `schematic ${shortId(after)} kept`
    : `schematic ${before === null ? 'none' : shortId(before)} → ${shortId(after)}`;

const shortId = (id: string): string => (isPlain(id) ? 'without additions' : `${id.slice(0, 12)}…`);

function extensionsText(
  before: readonly string[],
  { extensions, lost, added }: Found['image'],
): string {
  const kept = before.filter((name) => extensions.includes(name));
  return (
    [
      ...(kept.length === 0 ? [] : [`${formatList(kept, 8)} stay`]),
      ...lost.map((name) => `- ${name}`),
      ...(added ?? []).map((name) => `+ ${name}`),
      ...(added === null ? ['what the new schematic brings is not known'] : []),
    ].join(', ') || 'none'
  );
}

function pathText(path: UpgradePath): string {
  switch (path) {
    case 'split':
      return 'pulled, installed beside the running version, drained, rebooted, proven, uncordoned: each a step of its own';
    case 'legacy':
      return 'upgraded by the node itself (talosctl or Talos before 1.13): it installs and reboots in one go';
    case 'forced-legacy':
      return 'upgraded by the node itself, as asked: it installs and reboots in one go';
  }
}
