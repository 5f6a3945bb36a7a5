/**
 * Import directions between rooms. Options: `{ root, rooms: { room: [rooms it may import] } }`, folders from the root on. A room that
 * is allowed with a folder of it (`core/store/trace`) opens that folder alone, or the file of that name. Rooms that are only kept
 * from others (`scripts`, `test`) have a row without an end: `null` allows everything. Dynamic imports stay within their room, so
 * that what a room needs is seen where its files begin.
 */
import path from 'node:path';
import { eachImport } from './imports.mjs';

const within = (file, folder) => file.startsWith(`${folder}/`) || file.replace(/\.\w+$/, '') === folder;

export default {
  meta: {
    type: 'problem',
    docs: { description: 'hold the import directions between rooms' },
    schema: [{ type: 'object' }],
    messages: {
      room: '{{room}} may not import {{other}}.',
      dynamic:
        '{{room}} imports {{other}} dynamically: put the import in a file of {{room}}, and import that file dynamically.',
    },
  },
  create(context) {
    const [{ root, rooms }] = context.options;
    const inRoot = (file) => path.relative(root, file).split(path.sep).join('/');
    const roomOf = (file) =>
      Object.keys(rooms)
        .filter((room) => within(file, room))
        .sort((a, b) => b.length - a.length)[0];
    const room = roomOf(inRoot(context.physicalFilename));
    if (room === undefined) return {};
    return eachImport((node, specifier, dynamic) => {
      if (!specifier.startsWith('.')) return;
      const file = inRoot(path.resolve(path.dirname(context.physicalFilename), specifier));
      const other = roomOf(file);
      if (other === undefined || other === room) return;
      const allowed = rooms[room] === null || rooms[room].some((one) => within(file, one));
      if (!allowed) context.report({ node, messageId: 'room', data: { room, other } });
      else if (dynamic && rooms[room] !== null) context.report({ node, messageId: 'dynamic', data: { room, other } });
    });
  },
};
