import type { Key } from 'ink';
import { expect, test } from 'vitest';
import { readKeyPresses } from '../../src/hooks/key-press.js';

const NO_KEY: Key = {
  upArrow: false,
  downArrow: false,
  leftArrow: false,
  rightArrow: false,
  pageDown: false,
  pageUp: false,
  home: false,
  end: false,
  return: false,
  escape: false,
  ctrl: false,
  shift: false,
  tab: false,
  backspace: false,
  delete: false,
  meta: false,
  super: false,
  hyper: false,
  capsLock: false,
  numLock: false,
};

const namesOf = (input: string, key: Partial<Key> = {}): readonly string[] =>
  readKeyPresses(input, { ...NO_KEY, ...key }).map(({ name }) => name);

test('takes keys apart that arrived in one read', () => {
  expect(namesOf('jjj')).toEqual(['j', 'j', 'j']);
  expect(namesOf(':etcd\r')).toEqual([':', 'e', 't', 'c', 'd', 'enter']);
  expect(namesOf('\u0006\u0006')).toEqual(['ctrl+f', 'ctrl+f']);
  expect(namesOf('a\u007F ')).toEqual(['a', 'backspace', 'space']);
});

test('keeps a character that is made of several code points in one piece', () => {
  expect(namesOf('é')).toEqual(['é']);
});

test('names keys that print nothing', () => {
  expect(namesOf('', { downArrow: true })).toEqual(['down']);
  expect(namesOf('', { tab: true, shift: true })).toEqual(['shift+tab']);
  expect(namesOf('c', { ctrl: true })).toEqual(['ctrl+c']);
});

test('hears Escape and the next key when both came in one read', () => {
  expect(namesOf('1', { meta: true })).toEqual(['esc', '1']);
});

test('tells how many keys came together, so that a paste can be told from typing', () => {
  const presses = readKeyPresses('yes', NO_KEY);
  expect(presses.map(({ burst }) => burst)).toEqual([3, 3, 3]);
  expect(readKeyPresses('y', NO_KEY)[0]?.burst).toBe(1);
});

test('gives text fields the character and nothing for control keys', () => {
  expect(readKeyPresses(' ', NO_KEY)).toEqual([{ name: 'space', text: ' ', burst: 1 }]);
  expect(readKeyPresses('\u0001', NO_KEY)[0]?.text).toBeNull();
  expect(readKeyPresses('\u0085', NO_KEY)[0]?.text).toBeNull();
});
