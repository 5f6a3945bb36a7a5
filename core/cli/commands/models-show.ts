/** `models show`: what is known of one model, and with --online what its repository says of itself. */
import { failure } from '../../contract/result.ts';
import { catalogueEntry, lookAt, sizeOf } from '../../hub/index.ts';
import { defineCommand, UsageError } from '../command.ts';
import { connectHub } from '../fetching.ts';
import { bytesText, columns } from '../figures.ts';

export const modelsShow = defineCommand({
  name: 'models show',
  takes: 'ID|ORG/NAME',
  summary: 'Show what is known of a model that can be fetched.',
  options: {
    online: { kind: 'flag', help: 'ask the hub for licence, size and whether it is gated' },
    revision: { kind: 'text', value: 'R', help: 'a branch, tag or commit, with --online' },
    json: { kind: 'flag', help: 'print JSON instead' },
  },
  async run({ values, positionals }, { stdout, stderr, signal }) {
    const [name, ...more] = positionals;
    if (name === undefined || more.length > 0) throw new UsageError('models show needs exactly one model.');
    const entry = catalogueEntry(name);
    if (!entry && !values.online) throw failure('cli.not-in-catalogue-offline', { model: name });
    const size = entry ? sizeOf(entry) : null;
    const online = values.online
      ? await lookAt(
          connectHub((line) => stderr.write(`${line}\n`)),
          entry?.repository ?? name,
          values.revision ?? entry?.revision ?? 'main',
          signal,
        )
      : null;
    if (values.json) {
      stdout.write(`${JSON.stringify({ entry: entry ?? null, size, online })}\n`);
      return 0;
    }
    const rows: [string, string][] = [];
    const row = (label: string, value: string | undefined): void => {
      if (value !== undefined) rows.push([label, value]);
    };
    row(
      'Repository',
      `${online?.repository ?? entry?.repository ?? name} at ${online?.commit ?? entry?.revision ?? 'main'}`,
    );
    if (entry) {
      row('Name', entry.name);
      row('Family', `${entry.family}, recipe ${entry.recipe}`);
      row('Good at', entry.goodAt);
      row('Context', entry.contextLength === undefined ? undefined : `${entry.contextLength} tokens`);
      row('Sampler', `${entry.settings.sampler} ${JSON.stringify(entry.settings.params)}`);
      row('As said by', entry.settings.source);
      row('Languages', entry.languages?.join(', '));
    }
    row('Licence', online?.licence ?? entry?.licence);
    row('Gated', online ? (online.gated ? 'yes' : 'no') : undefined);
    const fetched = online?.files.reduce((sum, { bytes }) => sum + bytes, 0) ?? entry?.bytes;
    row(
      'To fetch',
      fetched === undefined ? (size && `about ${bytesText(size.fetchBytes)}`) || undefined : bytesText(fetched),
    );
    for (const pack of size?.packs ?? [])
      row(`In ${pack.bits} bits`, `${bytesText(pack.bytes)} on the disk, about ${bytesText(pack.memory)} of memory`);
    stdout.write(`${columns(rows)}\n`);
    return 0;
  },
});
