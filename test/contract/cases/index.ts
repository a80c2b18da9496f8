import type { Case } from '../case.js';
import { helmCases } from './helm.js';
import { helmRepositoryCases } from './helm-repository.js';
import { kubectlChanges } from './kubectl-changes.js';
import { kubectlNodes } from './kubectl-nodes.js';
import { kubectlObjects } from './kubectl-objects.js';
import { kubectlReads } from './kubectl-reads.js';
import { kubectlWorks } from './kubectl-works.js';
import { talosctlChanges } from './talosctl-changes.js';
import { talosctlFounding } from './talosctl-founding.js';
import { talosctlGenerating } from './talosctl-generating.js';
import { talosctlHealth } from './talosctl-health.js';
import { talosctlOrders } from './talosctl-orders.js';
import { talosctlReads } from './talosctl-reads.js';
import { talosctlUpgrades } from './talosctl-upgrades.js';
import { talosctlWorks } from './talosctl-works.js';

export const cases: readonly Case[] = [
  ...talosctlReads,
  ...talosctlChanges,
  ...talosctlWorks,
  ...talosctlHealth,
  ...talosctlOrders,
  ...talosctlUpgrades,
  ...talosctlFounding,
  ...talosctlGenerating,
  ...kubectlReads,
  ...kubectlChanges,
  ...kubectlNodes,
  ...kubectlObjects,
  ...kubectlWorks,
  ...helmCases,
  ...helmRepositoryCases,
];
