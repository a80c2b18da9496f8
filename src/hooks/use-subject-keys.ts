import { useLayoutEffect } from 'react';
import { type Subject, viewerOf } from './modal.js';
import { useUi } from './ui.js';
import { useKeys } from './use-keys.js';
import { useWiring } from './wiring.js';

/** Menu, describe, YAML and copy for what is selected; it is looked up when a key wants it. */
export function useSubjectKeys(selected: Subject | (() => Subject | null) | null): void {
  const ui = useUi();
  const { copy } = useWiring();
  const nothing = selected === null ? NOTHING : null;

  // In step with what is on screen: an action that asks begins with what the cursor is on.
  useLayoutEffect(() => {
    ui.subject.current = typeof selected === 'function' ? selected : () => selected;
    return () => {
      ui.subject.current = null;
    };
  });

  const show = (act: (subject: Subject) => void) => () => {
    const subject = typeof selected === 'function' ? selected() : selected;
    if (subject === null) ui.say('warn', NOTHING);
    else act(subject);
  };

  useKeys(
    'subject',
    {
      menu: show(({ title, answers }) => ui.modal.update(() => ({ kind: 'menu', title, answers }))),
      describe: show((subject) => ui.modal.update(() => viewerOf(subject))),
      yaml: show(({ title, yaml }) =>
        ui.modal.update(() => ({
          kind: 'viewer',
          title: `${title} (YAML)`,
          content: { kind: 'yaml', value: yaml() },
        })),
      ),
      copy: show(({ copyText }) => {
        copy(copyText);
        ui.say('ok', `Copied ${copyText}`);
      }),
    },
    { reasons: { menu: nothing, describe: nothing, yaml: nothing, copy: nothing } },
  );
}

const NOTHING = 'Nothing is selected.';
