import type { Case } from '../case.js';
import { helm } from './argv.js';

export const helmCases: readonly Case[] = [
  {
    program: 'helm',
    title: 'know what is installed',
    steps: [
      { argv: ['version', '--short'], masks: ['versions'] },
      {
        argv: helm(
          ...['list', '-A', '--deployed', '--failed', '--pending', '--uninstalling'],
          ...['-o', 'json'],
        ),
        stdout: 'json',
      },
      { argv: helm('list', '-A', '-o', 'json'), stdout: 'json' },
      { argv: helm('list', '-n', 'nosuchnamespace', '-o', 'json'), stdout: 'json' },
      { argv: ['list', '-A', '-o', 'json', '--kubeconfig', '{out}/none'] },
    ],
  },
];
