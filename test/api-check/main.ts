/** `npm run -s api:check -- --url U --key K [--model M]`: a line a trap. Exit code 1 where one was found. */
import { parseArgs } from 'node:util';
import { checkServer } from './check.ts';

const { values } = parseArgs({
  options: { url: { type: 'string' }, key: { type: 'string' }, model: { type: 'string' } },
});
if (values.url === undefined) {
  console.error('api:check needs --url, for example http://127.0.0.1:11811/v1, and --key where the server has one.');
  process.exit(2);
}
const lines = await checkServer(
  {
    url: values.url.replace(/\/$/, ''),
    key: values.key ?? '',
    ...(values.model === undefined ? {} : { model: values.model }),
  },
  ({ trap, name, result, seen }) =>
    console.log(`${result}  ${String(trap).padStart(2)}  ${name}${seen === '' ? '' : `: ${seen}`}`),
).catch((thrown: unknown) => {
  console.error(`The server could not be asked: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
  process.exit(1);
});
process.exitCode = lines.some(({ result }) => result === 'fail') ? 1 : 0;
