import { actions } from '../../../src/actions/index.js';
import type { Dialect } from '../cases.js';
import {
  asked,
  askedWith,
  type Condition,
  goodAnswers,
  literally,
  ON_NODES,
  type Trial,
} from './trial.js';

/** Whatever is registered: an action without trials is a gap, and the proof says so. */
export const everyAction = (): readonly string[] => actions.map(({ id }) => id);

const goodly = (dialect: Dialect, action: string): readonly string[] =>
  asked(action, ...(goodAnswers(dialect)[action] ?? []));

/** Requests that are wrong in themselves: nothing has to be the matter with the cluster. */
export const REQUESTS: Condition = {
  name: 'a request that is wrong in itself',
  bring: (scene) => scene.change('etcd-leader talos-cp-01'),
  trials: (dialect) => [
    ...commandLines(dialect),
    ...everyAction().flatMap((action) => answerNames(dialect, action)),
    ...ON_NODES.flatMap((action) => targets(dialect, action)),
    ...others(dialect),
    ...missing(dialect),
    ...choices(dialect),
  ],
};

function commandLines(dialect: Dialect): readonly Trial[] {
  const cordon = goodly(dialect, 'cordon');
  const refused = (title: string, args: readonly string[], says: RegExp, next: RegExp): Trial => ({
    ...{ title, args, says, next },
    exit: 2,
  });
  return [
    refused('unknown action', asked('cordn', 'node=talos-w-01'), /Unknown action cordn/, /cordon/),
    refused('unknown action', asked('rm', 'x=y'), /Unknown action rm/, /talos-tui actions/),
    refused(
      'malformed --override',
      [...cordon, '--override', 'nonsense'],
      /"nonsense" is no gate/,
      /--override G-/,
    ),
    refused(
      'override of a gate that the plan has not',
      [...cordon, '--override', 'G-NONE'],
      /no gate G-NONE/,
      /G-/,
    ),
    refused(
      'malformed --max-duration',
      [...cordon, '--max-duration', 'soon'],
      /soon is no duration/,
      /4h/,
    ),
    refused('run that does not exist', ['runs', 'resume', 'none'], /no run none/, /runs list/),
    refused('run that does not exist', ['runs', 'cancel', 'none'], /no run none/, /runs list/),
    refused('unknown verb of runs', ['runs', 'stop', 'x'], /runs has no stop/, /runs|mean/),
  ];
}

function answerNames(dialect: Dialect, action: string): readonly Trial[] {
  const good = goodly(dialect, action);
  return [
    {
      title: 'unknown answer',
      args: [...good, '--set', 'colour=red'],
      exit: 2,
      says: new RegExp(`${action} does not ask for colour`),
    },
    {
      title: 'answer without value',
      args: [...good, '--set', 'node'],
      exit: 2,
      says: /--set node has no value/,
      next: /name=value/,
    },
    {
      title: 'answer that only plans may give',
      args: [...good, '--set', 'pinned={}'],
      exit: 2,
      says: /pinned/,
      next: /Leave it out/,
    },
    action === 'fix-boot-order'
      ? {
          title: 'nothing to do',
          args: good,
          exit: 3,
          says: /talos-w-01 starts from its disk/,
          next: /image/,
        }
      : {
          title: 'nobody there to confirm',
          args: good,
          flags: [],
          exit: 2,
          says: /nobody can be asked/,
          next: /--dry-run, then add --yes/,
        },
  ];
}

const NOWHERE = ['talos-w-99', '192.0.2.9', 'talos-w-01;reboot', '--all', '900', 'TALOS-W-01'];

function targets(dialect: Dialect, action: string): readonly Trial[] {
  const one = (title: string, node: string, says: RegExp): Trial => ({
    title,
    args: askedWith(dialect, action, `node=${node}`),
    exit: 2,
    says,
    next: /talos-w-01/,
  });
  return [
    ...(action === 'cordon' ? NOWHERE : NOWHERE.slice(0, 1)).map((node) =>
      one('target that does not exist', node, new RegExp(`${literally(node)}: no machine`)),
    ),
    one(
      'target that does not exist, among others',
      'talos-w-01,talos-w-99',
      /^talos-w-99: no machine/,
    ),
    one('no target', ' , ', /No node is named/),
  ];
}

function others(dialect: Dialect): readonly Trial[] {
  return [
    {
      title: 'target that does not exist',
      args: asked('etcd-snapshot', 'node=talos-cp-09'),
      exit: 2,
      says: /talos-cp-09 is no control plane/,
      next: /talos-cp-01/,
    },
    {
      title: 'target that cannot have it',
      args: asked('etcd-snapshot', 'node=talos-w-01'),
      exit: 2,
      says: /talos-w-01 is no control plane/,
      next: /talos-cp-01/,
    },
    {
      title: 'target that cannot have it',
      args: askedWith(dialect, 'etcd-forfeit-leadership', 'node=talos-w-01'),
      exit: 2,
      says: /talos-w-01 has no etcd member/,
      next: /control plane/,
    },
    {
      title: 'target that does not exist',
      args: asked('approve-csrs', 'csr=csr-none'),
      exit: 2,
      says: /csr-none: no kubelet-serving request/,
    },
    {
      title: 'no target',
      args: asked('approve-csrs', 'csr=,'),
      exit: 2,
      says: /No request is named/,
    },
    {
      title: 'Talos that cannot do it',
      args: asked('disarm-node', 'node=talos-w-01'),
      only: '1.12',
      exit: 3,
      says: /talos-w-01/,
    },
    {
      title: 'several nodes where one is taken',
      args: askedWith(dialect, 'rollback-node', 'node=talos-w-01,talos-w-02'),
      exit: 2,
      says: /takes one node/,
    },
  ];
}

/** Answers without which there is nothing to plan. */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  'resize-ephemeral': ['node', 'size'],
  'reboot-node': ['node'],
  'rollback-node': ['node', 'to'],
  'upgrade-talos': ['version'],
  cordon: ['node'],
  drain: ['node'],
  uncordon: ['node'],
  'etcd-forfeit-leadership': ['node'],
  'disarm-node': ['node'],
};

const missing = (dialect: Dialect): readonly Trial[] =>
  Object.entries(NEEDED).flatMap(([action, names]) =>
    names.map(
      (name): Trial => ({
        title: 'missing answer',
        args: asked(
          action,
          ...(goodAnswers(dialect)[action] ?? []).filter(
            (answer) => !answer.startsWith(`${name}=`),
          ),
        ),
        exit: 2,
        says: new RegExp(`${action} needs ${name}`),
        next: new RegExp(`--set ${name}=`),
      }),
    ),
  );

/** Answers that are taken from a list. */
const CHOICES: Readonly<Record<string, Readonly<Record<string, RegExp>>>> = {
  'reboot-node': { mode: /default, powercycle/, drain: /evict/, snapshot: /yes or no/ },
  'rollback-node': { drain: /evict/, snapshot: /yes or no/ },
  'resize-ephemeral': { drain: /evict/, snapshot: /yes or no/ },
  drain: { drain: /evict/ },
  'fix-boot-order': { restart: /auto or no/ },
  'etcd-snapshot': { at: /\d{8}T\d{6}Z/ },
  'upgrade-talos': {
    drain: /evict/,
    snapshot: /yes or no/,
    extensions: /keep, drop/,
    flavour: /running/,
    path: /auto, legacy/,
    armed: /refuse, ignore/,
    timeout: /10m/,
    canary: /worker|canary/i,
    order: /talos-w-01/,
  },
};

const choices = (dialect: Dialect): readonly Trial[] =>
  Object.entries(CHOICES).flatMap(([action, names]) =>
    Object.entries(names).map(
      ([name, next]): Trial => ({
        title: 'answer that is none of the choices',
        args: askedWith(dialect, action, `${name}=purple`),
        exit: 2,
        says: /purple/,
        next,
      }),
    ),
  );
