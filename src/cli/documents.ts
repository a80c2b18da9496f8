import { actions } from '../actions/index.js';
import type { Action } from '../actions/types.js';
import { KEY_SCOPES, type KeyScope } from '../hooks/key-table.js';
import { screens } from '../screens/index.js';

const GENERATED = '<!-- Made by `npm run docs` from the registries. Do not edit. -->';

/** docs/keys.md */
export function keysPage(): string {
  const scopes: readonly KeyScope[] = Object.values(KEY_SCOPES);
  return page('Keys', [
    'The footer shows the keys that work here, `?` all of them.',
    '## Screens',
    table(
      ['key', 'screen'],
      screens.map(({ key, title }) => [code(key), title]),
    ),
    '## Actions',
    table(
      ['key', 'action', 'what it does'],
      actions
        .filter(({ key }) => key !== null)
        .map(({ key, id, description }) => [code(key ?? ''), code(id), description]),
    ),
    ...scopes.flatMap(({ title, entries }) => [
      `## ${title}`,
      table(
        ['key', 'what it does'],
        Object.values(entries).map(({ keys, help }) => [keys.map(code).join(' '), help]),
      ),
    ]),
  ]);
}

/** docs/actions.md */
export function actionsPage(): string {
  return page('Actions', [
    'The same in the console (key, `x` menu or `:` palette) and on the command line: `talos-tui plan ID` shows, ' +
      '`talos-tui run ID` does.',
    'Levels: 0 reads · 1 reversible on one node · 2 disruptive on one node · 3 disruptive on the cluster · ' +
      '4 irreversible. Levels 3 and 4 are confirmed by typing a name.',
    ...actions.flatMap(actionSection),
  ]);
}

function actionSection({ id, title, description, key, level, answerNames }: Action): string[] {
  const facts = [
    ['key', key === null ? 'menu and palette' : code(key)],
    ['level', String(level)],
    ['answers (`--set`)', answerNames.length === 0 ? 'none' : answerNames.map(code).join(' ')],
  ];
  return [`## ${code(id)}: ${title}`, description, table(['', ''], facts)];
}

const page = (title: string, blocks: readonly string[]): string =>
  `# ${title}\n\n${GENERATED}\n\n${blocks.join('\n\n')}\n`;

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.map((cell) => cell.replace(/\|/g, '\\|')).join(' | ')} |`)
    .join('\n');

const code = (text: string): string => `\`${text}\``;
