import { type Incident, labIncidents } from '../lab/lab.js';

const GENERATED = '<!-- Made by `npm run docs` from the scenarios of the lab. Do not edit. -->';

/** docs/drills.md */
export function drillsPage(): string {
  const blocks = [
    '# Drills',
    GENERATED,
    'Incidents to rehearse in the lab, where nothing can be lost: `talos-tui --demo NAME` opens the console on one, ' +
      '`talos-tui lab up --scenario NAME --dir DIR` serves one for talosctl and kubectl, ' +
      '`talos-tui lab story NAME` tells it. For helm, every lab serves small charts at `$TALOS_TUI_CHARTS_URL`, which ' +
      '`. DIR/env.sh` sets: `helm repo add lab "$TALOS_TUI_CHARTS_URL"`.',
    ...labIncidents.flatMap(section),
  ];
  return `${blocks.join('\n\n')}\n`;
}

const section = ({ id, help, story, broken, repaired }: Incident): readonly string[] => [
  `## \`${id}\``,
  `${help.charAt(0).toUpperCase()}${help.slice(1)}.`,
  story,
  ['What is broken:', '', ...broken.map(bullet)].join('\n'),
  ['What proves that it is repaired:', '', ...repaired.map(bullet)].join('\n'),
];

const bullet = (text: string): string => `- ${text}`;

export const storyText = ({ id, story, broken, repaired }: Incident): string =>
  [
    `${id}`,
    '',
    story,
    '',
    'Broken:',
    ...broken.map((text) => `  ${text}`),
    '',
    'Repaired when:',
    ...repaired.map((text) => `  ${text}`),
  ].join('\n');

export const storyRecord = ({ id, help, story, broken, repaired }: Incident) => ({
  name: id,
  help,
  story,
  broken,
  repaired,
});
