import { killProcess } from '../wire/kill-client.js';
import { type KillMoment, takeKill } from '../world/faults.js';
import { type Arguments, type Change, PROGRAMS } from './change.js';

const MOMENTS: readonly KillMoment[] = ['before', 'during', 'after'];
const WHO = ['process', 'group'] as const;

/** `talosctl:etcd-snapshot:after`, `PUT:/nodes/pve1/qemu/104/resize:before` */
function pointOf(args: Arguments): { readonly step: string; readonly moment: KillMoment } {
  const text = args.word('STEP:MOMENT');
  const at = text.lastIndexOf(':');
  const moment = MOMENTS.find((each) => each === text.slice(at + 1));
  const step = text.slice(0, at);
  if (moment === undefined || step === '') {
    throw args.error(`"${text}" does not end with :before, :during or :after`);
  }
  const isProgram = PROGRAMS.some((program) => step.startsWith(`${program}:`));
  if (!isProgram && !/^(?:[A-Z]+:)?\/|^\*/.test(step)) {
    throw args.error(`"${step}" is neither PROGRAM:COMMAND nor METHOD:/path`);
  }
  if (!isProgram && moment === 'during') throw args.error('a call has no :during');
  return { step, moment };
}

/** Every way to say what a command line does: `talosctl:etcd-snapshot`, `talosctl:etcd`, `talosctl:snapshot`. */
function stepsOf(program: string, words: readonly string[]): readonly string[] {
  const plain = words.filter((word) => /^[a-z][a-z0-9-]*$/.test(word));
  const pairs = plain.slice(1).map((word, index) => `${plain[index]}-${word}`);
  return [program, ...[...plain, ...pairs].map((word) => `${program}:${word}`)];
}

export const killChanges: readonly Change[] = [
  {
    id: 'kill-at',
    args: 'STEP:before|during|after [COUNT] [process|group]',
    help: 'kills -9 whoever does this: talosctl:upgrade:after (its parent), PUT:/nodes/*/qemu/*/resize:before',
    run: ({ world }, args) => {
      const { step, moment } = pointOf(args);
      const count = args.isEmpty() ? 1 : args.number('COUNT', 1, 1000);
      const who = args.isEmpty() ? 'process' : args.choice('victim', WHO);
      args.end();
      world.faults.kills.push({ step, moment, who, count });
      return `Whoever comes to ${step} dies ${moment} it.`;
    },
  },
  {
    id: 'pass-step',
    args: 'before|during|after PID PROGRAM WORD…',
    help: 'what the stand-ins ask at their steps while something is to be killed',
    run: ({ world }, args) => {
      const moment = args.choice('moment', MOMENTS);
      const pid = args.number('PID', 0, 4_194_304);
      const program = args.choice('program', PROGRAMS);
      const words: string[] = [];
      while (!args.isEmpty()) words.push(args.word('WORD'));
      const who = takeKill(world, stepsOf(program, words), moment);
      if (who === null) return 'goes on';
      return killProcess(pid, who) ? 'killed' : 'nobody to kill';
    },
  },
];
