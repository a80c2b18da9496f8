import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { Socket } from 'node:net';
import { type KillMoment, takeKill } from '../world/faults.js';
import type { World } from '../world/types.js';

const ESTABLISHED = '01';

/** `127.4.0.2:8006` as /proc/net/tcp writes it: bytes of the address backwards. */
function procAddress(address: string, port: number): string {
  const bytes = address
    .replace(/^::ffff:/, '')
    .split('.')
    .map(Number)
    .reverse();
  const hex = bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${hex}:${port.toString(16).padStart(4, '0')}`.toUpperCase();
}

/** Lines that begin with their number, both ends and the state; the inode is the tenth field. */
function inodeOf(local: string, remote: string): string | null {
  for (const line of readFileSync('/proc/net/tcp', 'utf8').split('\n')) {
    const fields = line.trim().split(/\s+/);
    if (fields[1] === local && fields[2] === remote && fields[3] === ESTABLISHED) {
      return fields[9] ?? null;
    }
  }
  return null;
}

function holds(pid: number, inode: string): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => {
      try {
        return readlinkSync(`/proc/${pid}/fd/${fd}`) === `socket:[${inode}]`;
      } catch {
        return false;
      }
    });
  } catch {
    // Somebody else's, or gone.
    return false;
  }
}

/** The process at the other end of a loopback connection; null = not found. */
export function clientOf(socket: Socket): number | null {
  const { remoteAddress, remotePort, localAddress, localPort } = socket;
  if (!remoteAddress || !remotePort || !localAddress || !localPort) return null;
  const inode = inodeOf(
    procAddress(remoteAddress, remotePort),
    procAddress(localAddress, localPort),
  );
  if (inode === null) return null;
  const pids = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
  return pids.find((pid) => pid !== process.pid && holds(pid, inode)) ?? null;
}

/** /proc/PID/stat: `pid (comm) state ppid pgrp …` */
function groupOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2]);
}

/** @returns whether there was somebody to kill. */
export function killProcess(pid: number, who: 'process' | 'group'): boolean {
  if (pid <= 1 || pid === process.pid) return false;
  try {
    const group = who === 'group' ? groupOf(pid) : 0;
    // Never the group that the lab itself lives in.
    if (group > 1 && group !== groupOf(process.pid)) process.kill(-group, 'SIGKILL');
    else process.kill(pid, 'SIGKILL');
    return true;
  } catch {
    return false;
  }
}

/** Whoever makes this call over the wire dies where `lab do kill-at` said. @returns whether somebody died. */
export function killClient(
  world: World,
  socket: Socket,
  call: string,
  moment: KillMoment,
): boolean {
  if (world.faults.kills.length === 0) return false;
  const who = takeKill(world, [call], moment);
  const pid = who === null ? null : clientOf(socket);
  return who !== null && pid !== null && killProcess(pid, who);
}
