import { expect, test } from 'vitest';
import { ALL } from '../../src/actions/all.js';
import { fingerprint } from '../../src/actions/fingerprint.js';
import { actions } from '../../src/actions/index.js';
import type { Action, Answers, Question } from '../../src/actions/types.js';
import { NodeWorld } from '../support/node-world.js';

const named = actions.map((action) => [action.id, action] as const);

const optionsOf = ({ options }: Action, answers: Answers = {}): readonly Question[] =>
  options?.(new NodeWorld().context(answers)) ?? [];

test.each(named)('every answer of %s can be given in a dialog', (_id, action) => {
  const names = optionsOf(action).map(({ name }) => name);
  expect(names.toSorted()).toEqual(action.answerNames.toSorted());
});

test.each(named)('what %s suggests is among its choices', (_id, action) => {
  const stray = optionsOf(action, { node: 'w-4' }).filter(
    ({ kind, choices, suggestion }) =>
      kind === 'choice' && suggestion !== '' && choices.every(({ value }) => value !== suggestion),
  );
  expect(stray).toEqual([]);
});

const NEEDED: Answers = { size: '60', to: 'v1.12.0', version: 'v1.12.6' };

test.each([...named.filter(([, { answerNames }]) => answerNames.includes('drain'))])(
  'saying what is suggested to %s plans the same as saying nothing',
  (_id, action) => {
    for (const node of ['w-4', 'cp-1']) {
      const least = Object.fromEntries(
        Object.entries({ ...NEEDED, node }).filter(([name]) => action.answerNames.includes(name)),
      );
      const suggested = Object.fromEntries(
        optionsOf(action, least)
          .filter(({ suggestion }) => suggestion !== '' && suggestion !== ALL)
          .map(({ name, suggestion }) => [name, suggestion]),
      );
      const world = new NodeWorld();
      const plain = action.plan(world.context(least));
      const said = action.plan(world.context({ ...suggested, ...least }));
      expect(plain.kind).toBe('plan');
      if (plain.kind !== 'plan' || said.kind !== 'plan') throw new Error('no plan');
      // Answers as they were given are part of the fingerprint: everything else has to be the same.
      const { pinned } = said.answers;
      expect(pinned).toBe(plain.answers.pinned);
      expect(fingerprint({ ...said, answers: {} })).toBe(fingerprint({ ...plain, answers: {} }));
    }
  },
);

test('the ways to drain follow the nodes: pods that have nowhere to go stay', () => {
  const alone = new NodeWorld(1, 0);
  const reboot = actions.find(({ id }) => id === 'reboot-node');
  const suggestion = (world: NodeWorld, node: string) =>
    reboot?.options?.(world.context({ node })).find(({ name }) => name === 'drain')?.suggestion;
  expect(suggestion(alone, 'cp-1')).toBe('skip');
  expect(suggestion(new NodeWorld(), 'w-4')).toBe('evict');
});
