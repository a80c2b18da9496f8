import { addToken, grant, OPERATOR_PRIVILEGES, PVE_ROLES } from '../world/pve-access.js';
import type { Change } from './change.js';

/** Whom tokens of `pve-token` belong to. */
const TOKEN_USER = 'talos-tui@pve';
const ROLES = { operator: 'TalosTUI', auditor: 'PVEAuditor', none: 'NoAccess' } as const;
const ROLE_NAMES = ['operator', 'auditor', 'none'] as const;

export const pveAccessChanges: readonly Change[] = [
  {
    id: 'pve-role',
    args: Object.keys(PVE_ROLES).join('|'),
    help: "gives the lab's API token another role on /",
    run: ({ world }, args) => {
      const role = args.choice('role', ['operator', 'auditor', 'none'] as const);
      args.end();
      for (const privilege of OPERATOR_PRIVILEGES) {
        if (PVE_ROLES[role].includes(privilege)) world.faults.forbidden.delete(`pve:${privilege}`);
        else world.faults.forbidden.add(`pve:${privilege}`);
      }
      return `The token has the role ${role}.`;
    },
  },
  {
    id: 'pve-token',
    args: 'NAME [operator|auditor|none] [PATH] [full]',
    help: `makes a token of ${TOKEN_USER} with a role on a path; full = it may all that its user may`,
    run: ({ world }, args) => {
      const name = args.word('NAME');
      const role = args.isEmpty() ? 'operator' : args.choice('role', ROLE_NAMES);
      const path = args.isEmpty() ? '/' : args.word('PATH');
      const isSeparate = args.isEmpty() ? true : args.choice('kind', ['full'] as const) !== 'full';
      args.end();
      if (!/^[A-Za-z][\w.-]+$/.test(name)) throw args.error(`${name} is no name of a token`);
      if (!path.startsWith('/')) throw args.error(`${path} is no path`);
      if (!world.pveAccess.users.has(TOKEN_USER)) {
        world.pveAccess.users.set(TOKEN_USER, null);
        grant(world, { path: '/', subject: TOKEN_USER, role: ROLES.operator, propagates: true });
      }
      const id = `${TOKEN_USER}!${name}`;
      const value = addToken(world, { id, isSeparate });
      grant(world, { path, subject: id, role: ROLES[role], propagates: true });
      return `${id}=${value}`;
    },
  },
  {
    id: 'ha-vm',
    args: 'VMID started|stopped|off',
    help: 'gives a guest to the HA manager, or takes it back',
    run: ({ world }, args) => {
      const vm = args.vm(world);
      const state = args.choice('state', ['started', 'stopped', 'off'] as const);
      args.end();
      vm.haState = state === 'off' ? null : state;
      world.touch('pve');
      return state === 'off'
        ? `VM ${vm.vmId} is not managed.`
        : `The HA manager keeps VM ${vm.vmId} ${state}.`;
    },
  },
];
