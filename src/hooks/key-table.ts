/**
 * Every key of the console, written once. Footer, help, palette and docs/keys.md are made from it; number keys
 * come from the screen registry and action keys from the actions.
 */
export interface KeyEntry {
  readonly keys: readonly string[];
  /** Word in the footer; empty: only in the help. */
  readonly label: string;
  readonly help: string;
  /** Lower comes first in the footer and stays longest when there is no room. */
  readonly rank: number;
}

/** Which layer answers first: a dialog hides everything below it, a cover even dialogs. */
export type KeyLevel = 'cover' | 'modal' | 'pane' | 'screen' | 'global';

export interface KeyScope {
  readonly title: string;
  readonly level: KeyLevel;
  readonly entries: Readonly<Record<string, KeyEntry>>;
}

const entry = (keys: string, label: string, help: string, rank = 50): KeyEntry => ({
  keys: keys.split(' '),
  label,
  help,
  rank,
});

const SCROLL_KEYS = {
  down: entry('j down', '', 'One line down'),
  up: entry('k up', '', 'One line up'),
  first: entry('g home', '', 'To the top'),
  last: entry('G end', '', 'To the end'),
  pageDown: entry('ctrl+f pagedown space', '', 'One page down'),
  pageUp: entry('ctrl+b pageup', '', 'One page up'),
  halfDown: entry('ctrl+d', '', 'Half a page down'),
  halfUp: entry('ctrl+u', '', 'Half a page up'),
} as const;

const CHANGE_KEYS = 'e ctrl+e';
const CHANGE_HELP = 'Change any answer of the action, and plan again';

export const KEY_SCOPES = {
  global: {
    title: 'Everywhere',
    level: 'global',
    entries: {
      help: entry('?', 'help', 'Show the keys of this view', 2),
      back: entry('q', 'quit', 'Back one level; on a main screen: quit', 3),
      escape: entry('esc', '', 'Back one level; clears a filter first'),
      palette: entry(':', 'go to', 'Palette: screens, nodes and actions by name', 20),
      refresh: entry('r', '', 'Read everything again now'),
      commands: entry('@', '', 'Command log: every command that was run'),
      nextScreen: entry('tab', '', 'Next screen'),
      previousScreen: entry('shift+tab', '', 'Previous screen'),
      suspend: entry('ctrl+z', '', 'Suspend to the shell (fg comes back)'),
      interrupt: entry('ctrl+c', '', 'Cancel what is open, then quit'),
    },
  },
  list: {
    title: 'List',
    level: 'pane',
    entries: {
      down: entry('j down', '', 'Next row'),
      up: entry('k up', '', 'Previous row'),
      first: entry('g home', '', 'First row'),
      last: entry('G end', '', 'Last row'),
      pageDown: entry('ctrl+f pagedown', '', 'One page down'),
      pageUp: entry('ctrl+b pageup', '', 'One page up'),
      scrollDown: entry('ctrl+d', '', 'Scroll half a page down, the selection stays'),
      scrollUp: entry('ctrl+u', '', 'Scroll half a page up, the selection stays'),
      open: entry('enter', 'open', 'Open the selected row (never changes anything)', 5),
      filter: entry('/', 'filter', 'Filter while typing; Esc clears', 12),
      sort: entry('s', 'sort', 'Sort by the next column', 40),
      mark: entry('space', '', 'Mark or unmark the row'),
    },
  },
  filter: {
    title: 'Filter',
    level: 'pane',
    entries: {
      accept: entry('enter', 'keep', 'Keep the filter and go back to the list', 1),
      clear: entry('esc', 'clear', 'Clear the filter', 2),
      erase: entry('backspace', '', 'Erase the last character'),
      down: entry('down', '', 'Next row'),
      up: entry('up', '', 'Previous row'),
    },
  },
  filtered: {
    title: 'Filtered list',
    level: 'pane',
    entries: { clear: entry('esc', 'clear filter', 'Clear the filter', 4) },
  },
  scroll: { title: 'Text', level: 'pane', entries: SCROLL_KEYS },
  modalScroll: {
    title: 'Text in a dialog',
    level: 'modal',
    entries: { ...SCROLL_KEYS, down: entry('down j', 'more', 'One line down', 4) },
  },
  subject: {
    title: 'Selected thing',
    level: 'screen',
    entries: {
      menu: entry('x', 'menu', 'What can be done with it, and why not', 15),
      describe: entry('d', 'describe', 'Everything that is known about it', 30),
      yaml: entry('y', 'yaml', 'The same as YAML', 45),
      copy: entry('c', '', 'Copy its name to the clipboard (OSC 52)'),
    },
  },
  panes: {
    title: 'Panes',
    level: 'screen',
    entries: {
      next: entry('right', 'pane', 'Next pane of this screen', 35),
      previous: entry('left', '', 'Previous pane of this screen'),
    },
  },
  run: {
    title: 'Run',
    level: 'screen',
    entries: {
      pause: entry('p', 'pause', 'Pause the run once the node at hand is done', 8),
      goOn: entry('o', 'go on', 'Let a paused, stopped, failed or interrupted run go on', 9),
      cancel: entry('C', 'cancel run', 'Stop the run; asked first, with what it leaves behind', 10),
      override: entry(
        'O',
        'override',
        'Open the gate that holds the run, where that is allowed',
        13,
      ),
      log: entry('l', 'log', 'Journal and output of the run', 11),
      export: entry('E', 'script', 'Write the commands of the run to a script and show it', 12),
    },
  },
  help: {
    title: 'Help',
    level: 'modal',
    entries: { close: entry('esc q ?', 'close', 'Close', 1) },
  },
  viewer: {
    title: 'Text view',
    level: 'modal',
    entries: {
      close: entry('esc q', 'close', 'Close', 1),
      copy: entry('c', 'copy', 'Copy the text to the clipboard (OSC 52)', 5),
    },
  },
  picker: {
    title: 'Palette and menus',
    level: 'modal',
    entries: {
      choose: entry('enter', 'choose', 'Open the selected entry', 1),
      close: entry('esc', 'close', 'Close', 2),
      down: entry('down ctrl+n', '', 'Next entry'),
      up: entry('up ctrl+p', '', 'Previous entry'),
      first: entry('home', '', 'First entry'),
      last: entry('end', '', 'Last entry'),
      pageDown: entry('pagedown', '', 'One page down'),
      pageUp: entry('pageup', '', 'One page up'),
      erase: entry('backspace', '', 'Erase the last character'),
    },
  },
  form: {
    title: 'Form',
    level: 'modal',
    entries: {
      next: entry('enter', 'next', 'Take the answer and go on', 1),
      close: entry('esc', 'give up', 'Close the form; nothing has happened', 2),
      down: entry('down tab j', '', 'Next choice'),
      up: entry('up shift+tab k', '', 'Previous choice'),
      left: entry('left', '', 'Move the cursor left'),
      right: entry('right', '', 'Move the cursor right'),
      start: entry('home ctrl+a', '', 'To the start of the text'),
      end: entry('end ctrl+e', '', 'To the end of the text'),
      erase: entry('backspace', '', 'Erase before the cursor'),
      eraseAll: entry('ctrl+u', '', 'Erase the text'),
      delete: entry('delete', '', 'Erase under the cursor'),
    },
  },
  answers: {
    title: 'Answers of an action',
    level: 'modal',
    entries: {
      plan: entry('p', 'plan', 'Plan again with these answers', 1),
      change: entry('enter', 'change', 'Change the selected answer', 2),
      unset: entry('backspace delete', 'unset', 'Back to what holds when nothing is said', 4),
      back: entry('esc q', 'back', 'Back to the plan as it was', 3),
      down: entry('down j tab', '', 'Next answer'),
      up: entry('up k shift+tab', '', 'Previous answer'),
      first: entry('g home', '', 'First answer'),
      last: entry('G end', '', 'Last answer'),
    },
  },
  choiceList: {
    title: 'Form: list of choices',
    level: 'modal',
    entries: {
      first: entry('g home', '', 'First choice'),
      last: entry('G end', '', 'Last choice'),
      pageDown: entry('ctrl+f pagedown', '', 'One page down'),
      pageUp: entry('ctrl+b pageup', '', 'One page up'),
    },
  },
  choices: {
    title: 'Form: several choices',
    level: 'modal',
    entries: {
      toggle: entry('space', 'mark', 'Mark or unmark the choice', 3),
      all: entry('a', 'all', 'Mark all of them, or none', 4),
    },
  },
  confirm: {
    title: 'Confirmation',
    level: 'modal',
    entries: {
      yes: entry('y', 'yes', 'Start it (levels 1 and 2)', 1),
      override: entry('o', 'override', 'Accept a red gate that may be accepted', 3),
      close: entry('esc n', 'no', 'Close; nothing has happened', 2),
      change: entry(CHANGE_KEYS, 'change answers', CHANGE_HELP, 4),
      copy: entry('c', 'copy', 'Copy the exact commands', 5),
      down: entry('down ctrl+d', '', 'Scroll down'),
      up: entry('up ctrl+u', '', 'Scroll up'),
    },
  },
  confirmName: {
    title: 'Confirmation by name',
    level: 'modal',
    entries: {
      close: entry('esc', 'no', 'Close; nothing has happened', 2),
      change: entry('ctrl+e', 'change answers', CHANGE_HELP, 3),
      erase: entry('backspace', '', 'Erase the last character'),
      down: entry('down', '', 'Scroll down'),
      up: entry('up', '', 'Scroll up'),
    },
  },
  notice: {
    title: 'Why there is no plan',
    level: 'modal',
    entries: {
      back: entry('enter', 'ask again', 'Ask the questions again', 1),
      change: entry(CHANGE_KEYS, 'change answers', CHANGE_HELP, 3),
      close: entry('esc q', 'close', 'Close; nothing has happened', 2),
    },
  },
  cancelRun: {
    title: 'Cancel a run',
    level: 'modal',
    entries: {
      yes: entry('y', 'cancel it', 'Ask the run to stop at the next safe point', 1),
      stay: entry('esc n q', 'let it go on', 'Close; the run goes on', 2),
    },
  },
  quit: {
    title: 'Leave while a run is active',
    level: 'modal',
    entries: {
      leave: entry('y', 'leave', 'Quit the console; the run goes on by itself', 1),
      cancel: entry(
        'C',
        'cancel run',
        'Ask what cancelling the run would leave behind, and stay',
        3,
      ),
      stay: entry('esc n q', 'stay', 'Stay here', 2),
    },
  },
  start: {
    title: 'Start',
    level: 'screen',
    entries: {
      down: entry('j down', '', 'Next choice'),
      up: entry('k up', '', 'Previous choice'),
      choose: entry('enter', 'choose', 'Take the selected choice', 1),
    },
  },
  tooSmall: {
    title: 'Terminal too small',
    level: 'cover',
    entries: { quit: entry('q ctrl+c', 'quit', 'Quit; runs go on by themselves', 1) },
  },
  crash: {
    title: 'After a crash',
    level: 'modal',
    entries: { quit: entry('q esc enter ctrl+c', 'quit', 'Quit', 1) },
  },
} as const satisfies Readonly<Record<string, KeyScope>>;

export type ScopeName = keyof typeof KEY_SCOPES;
export type Command<S extends ScopeName> = keyof (typeof KEY_SCOPES)[S]['entries'] & string;
