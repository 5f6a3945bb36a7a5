/** Errors of the way to Mezzotint: requests, browser mode, the desktop, in English. */
import { wordsOf } from '../../kinds.ts';
import type { serverErrors } from '../../table/server.ts';

export const server = wordsOf<typeof serverErrors>()({
  'internal.unforeseen': [
    'Something unforeseen went wrong: {reason}.',
    'Restart Mezzotint; if it happens again, report it with these words.',
  ],
  'contract.no-channel': 'There is no channel named {name}. Nothing was changed.',
  'contract.misfit': 'What was asked of {channel} does not fit: {reason}. Nothing was changed.',
  'server.not-text': 'Messages are JSON text; this one is binary. Nothing was done.',
  'server.not-json': 'The message is not JSON. Nothing was done.',
  'server.no-frame': 'The message is not an object with id, name and payload: {reason}. Nothing was done.',
  'server.too-many-requests': [
    'More than {most} requests are under way. This one was not begun.',
    'Wait for answers before asking more.',
  ],
  'server.files-unreadable': ["The interface's files can't be read from {folder}.", 'Build or install the app again.'],
  'server.no-interface': ['There is no interface in {folder}.', 'Build or install the app again.'],
  'server.port-taken': ['Port {port} is taken by another program.', 'Name another with --port, or leave it out.'],
  'server.port-not-allowed': [
    'Port {port} is not allowed for this user.',
    'Name another with --port, or leave it out.',
  ],
  'server.port-not-opened': ["Port {port} can't be opened ({reason}).", 'Name another with --port, or leave it out.'],
  'api.port-taken': ['Port {port} is taken by another program, so the API does not answer.', 'Choose another port.'],
  'api.port-not-allowed': [
    'Port {port} is not allowed for this user, so the API does not answer.',
    'Choose another port.',
  ],
  'api.port-not-opened': [
    "Port {port} can't be opened ({reason}), so the API does not answer.",
    'Choose another port.',
  ],
  'api.too-many-keys': ['There are {most} keys already. None was made.', 'Revoke one that is not used any more.'],
  'server.no-port': [
    '--port needs a number from 0 to 65535, not {given}.',
    'Name such a number, or leave the option out.',
  ],
  'server.no-browser': ['No browser could be started on this machine.', 'Copy the address and open it yourself.'],
  'desktop.stranger': 'Only the page of Mezzotint may call this. Nothing was done.',
  'desktop.folder-not-shown': ['This folder could not be shown.', 'Open it by yourself.'],
});
