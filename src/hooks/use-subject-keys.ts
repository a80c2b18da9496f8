import { type Subject, viewerOf } from './modal.js';
import { useUi } from './ui.js';
import { useKeys } from './use-keys.js';
import { useWiring } from './wiring.js';

/** Menu, describe, YAML and copy for what is selected. Nothing selected: the keys say so. */
export function useSubjectKeys(subject: Subject | null, isActive = true): void {
  const ui = useUi();
  const { copy } = useWiring();
  const nothing = subject === null ? 'Nothing is selected.' : null;
  const show = (act: (subject: Subject) => void) => () => {
    if (subject !== null) act(subject);
  };

  useKeys(
    'subject',
    {
      menu: show(({ title, answers }) => ui.modal.update(() => ({ kind: 'menu', title, answers }))),
      describe: show((each) => ui.modal.update(() => viewerOf(each))),
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
    {
      isActive,
      reasons: { menu: nothing, describe: nothing, yaml: nothing, copy: nothing },
    },
  );
}
