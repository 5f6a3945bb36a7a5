/** Errors of the window, in English. */
import { wordsOf } from '../../kinds.ts';
import type { windowErrors } from '../../table/window.ts';

export const window = wordsOf<typeof windowErrors>()({
  'window.desktop-ended': [
    'Mezzotint ended before it answered. Nothing that was written is lost.',
    'Start Mezzotint again. Then look whether the step took effect, and repeat it if not.',
  ],
  'window.connection-lost': [
    'The connection to Mezzotint was lost before it answered. Nothing that was written is lost.',
    'It connects again by itself. Then look whether the step took effect, and repeat it if not.',
  ],
  'window.no-result': ['{channel} answered with something that is not a result.', 'Restart Mezzotint.'],
  'window.unexpected-shape': ['{channel} answered with an unexpected shape: {reason}.', 'Restart Mezzotint.'],
  'window.no-steps': 'This reply has no stored steps: it was not written here.',
  'window.too-many-files': [
    'At most {most#file can#files can} be imported at once. Nothing was imported.',
    'Import them in smaller groups.',
  ],
  'window.file-unreadable': [
    '{name} cannot be read: it is a folder, or it was changed or moved since it was chosen. Nothing was imported.',
    'Choose the file again.',
  ],
  'window.no-canvas': 'The window has no canvas to draw the film on. Nothing was saved.',
  'window.no-encoder': ['This window cannot encode video. Nothing was saved.', 'Save a GIF instead.'],
});
