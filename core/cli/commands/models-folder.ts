/** `models folder`: where models lie, and another place for them. */
import path from 'node:path';
import type { FolderChange, FolderPlan } from '../../contract/model-folder.ts';
import type { LibraryState } from '../../contract/models.ts';
import { thrownOf } from '../../contract/result.ts';
import { Mover } from '../../library/index.ts';
import { agreed } from '../agreed.ts';
import { CANCELLED, defineCommand, UsageError } from '../command.ts';
import { dataOption } from '../data.ts';
import { bytesText, progressLines } from '../figures.ts';
import { openLibrary, withApp } from '../library.ts';

/** The app that has the data folder open, or this process's own library. */
interface Folders {
  state: () => LibraryState | Promise<LibraryState>;
  plan: (folder: string | null) => Promise<FolderPlan>;
  change: (change: FolderChange) => Promise<LibraryState>;
  stop: () => Promise<unknown>;
}

const about = ({ folder, usual, there, models, bytes }: FolderPlan): string[] => [
  `Models would lie in ${folder}${usual ? ', the usual folder' : ''}.`,
  ...(there.length > 0 ? [`It holds ${there.length} already: ${there.join(', ')}.`] : []),
  ...(bytes > 0
    ? [`The present folder holds ${models} ${models === 1 ? 'model' : 'models'} (${bytesText(bytes)}).`]
    : []),
];

export const modelsFolder = defineCommand({
  name: 'models folder',
  takes: '[DIR]',
  summary: 'Say where models lie, or keep them in another folder, on another disk perhaps.',
  about:
    'Models and downloads move along: they are copied and compared, then the old copies are removed. --leave leaves them where they are. The folder may hold models of another profile already.',
  options: {
    usual: { kind: 'flag', help: 'back to the folder of models in the data folder' },
    leave: { kind: 'flag', help: 'leave the models that are there where they are' },
    yes: { kind: 'flag', help: 'do it without asking' },
    json: { kind: 'flag', help: 'print one JSON line instead of the text' },
    data: dataOption,
  },
  async run({ values, positionals }, context) {
    const { stdout, stderr, signal } = context;
    const [given, ...more] = positionals;
    if (more.length > 0 || (given !== undefined && values.usual))
      throw new UsageError('models folder takes one folder, or --usual.');
    const say = (line: string): void => stderr.write(`${line}\n`);
    const shown = ({ folder, usualFolder, away }: LibraryState): void => {
      if (values.json) stdout.write(`${JSON.stringify({ folder, usual: usualFolder, away })}\n`);
      else stdout.write(`${folder}\n`);
    };
    const run = async (folders: Folders, onState: (listen: (state: LibraryState) => void) => () => void) => {
      const before = await folders.state();
      if (given === undefined && !values.usual) {
        if (before.away) say([before.away.message, before.away.action].filter(Boolean).join(' '));
        shown(before);
        return before.away ? 1 : 0;
      }
      const folder = given === undefined ? null : path.resolve(given);
      const plan = await folders.plan(folder);
      for (const line of about(plan)) say(line);
      const moves = plan.bytes > 0 && !values.leave;
      if (!values.yes && !(await agreed(moves ? 'Move them there?' : 'Use that folder?', context))) {
        say('Nothing was changed.');
        return 1;
      }
      const tell = progressLines('Moving', say);
      let settle: (state: LibraryState) => void = () => undefined;
      const ended = new Promise<LibraryState>((resolve) => (settle = resolve));
      const off = onState((state) => {
        if (state.move?.stage === 'copying') tell(state.move.done, state.move.total);
        else if (state.move?.stage !== 'ending') settle(state);
      });
      const stop = (): void => void folders.stop();
      signal.addEventListener('abort', stop);
      try {
        const begun = await folders.change({ folder, what: moves ? 'move' : 'leave' });
        if (signal.aborted) stop();
        const state = begun.move === null ? begun : await ended;
        const { move } = state;
        if (move?.stage === 'failed') throw thrownOf(move.error);
        if (signal.aborted && move === null && moves) {
          say('Cancelled. The models are where they were.');
          return CANCELLED;
        }
        if (move?.stage === 'done' && move.stayed.length > 0)
          say(`Another running Mezzotint uses ${move.stayed.join(', ')}: the old copies stay.`);
        if (moves) await folders.stop();
        shown(state);
        return 0;
      } finally {
        off();
        signal.removeEventListener('abort', stop);
      }
    };
    return withApp(
      values.data,
      (app) =>
        run(
          {
            state: () => app.call('models.list', {}),
            plan: (folder) => app.call('models.planFolder', { folder }),
            change: (change) => app.call('models.changeFolder', change),
            stop: () => app.call('models.stopMove', {}),
          },
          (listen) => app.onPush((push) => push.topic === 'models' && listen(push.library)),
        ),
      async () => {
        const listeners = new Set<(state: LibraryState) => void>();
        const library = openLibrary({
          data: values.data,
          onChange: (state) => listeners.forEach((listen) => listen(state)),
        });
        const mover = new Mover({ library });
        try {
          return await run(
            {
              state: () => library.list(),
              plan: (folder) => mover.plan(folder),
              change: (change) => mover.change(change),
              stop: () => mover.stop(),
            },
            (listen) => {
              listeners.add(listen);
              return () => listeners.delete(listen);
            },
          );
        } finally {
          await mover.ended();
          library.close();
        }
      },
    );
  },
});
