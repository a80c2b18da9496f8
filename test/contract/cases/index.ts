import type { Case } from '../case.js';
import { helmCases } from './helm.js';
import { kubectlReads } from './kubectl-reads.js';
import { talosctlReads } from './talosctl-reads.js';

export const cases: readonly Case[] = [...talosctlReads, ...kubectlReads, ...helmCases];
