/** The `mezzotint` command of an installed app: how it starts, and the manual page and the completions where Debian looks for them. */
import { gzipSync } from 'node:zlib';
import { commands } from '../../core/cli/commands/index.ts';
import { completionsFor } from '../../core/cli/completions.ts';
import { manualOf } from '../../core/cli/manual.ts';

/** Contents by their paths in the package. */
export const shellFiles = (version: string): Record<string, string | Uint8Array> => ({
  'usr/share/man/man1/mezzotint.1.gz': gzipSync(manualOf(commands, version), { level: 9 }),
  'usr/share/bash-completion/completions/mezzotint': completionsFor('bash', commands),
  'usr/share/zsh/vendor-completions/_mezzotint': completionsFor('zsh', commands),
  'usr/share/fish/vendor_completions.d/mezzotint.fish': completionsFor('fish', commands),
});

/** The command runs in Node.js: the app's own Electron refuses to be one. */
export const OLDEST_NODE = 22;

/**
 * The script that is `mezzotint` on Linux, to lie beside `cli.cjs`, two folders under the app's program: a command runs in Node.js,
 * anything else opens the window.
 */
export function launcher(): string {
  const words = [
    ...new Set(commands.map(({ name }) => name.split(' ')[0] as string)),
    'help',
    '--help',
    '-h',
    '--version',
  ];
  return `#!/bin/sh
here=$(dirname "$(readlink -f "$0")")
case "\${1:-}" in
  ${words.join('|')}) ;;
  *) exec "$here/../../mezzotint" "$@" ;;
esac
node=\${MEZZOTINT_NODE:-node}
if ! "$node" -e 'process.exit(Number(process.versions.node.split(".")[0]) >= ${OLDEST_NODE} ? 0 : 1)' 2>/dev/null; then
  echo "mezzotint $1 runs in Node.js ${OLDEST_NODE} or newer, and there is none. Install it, or name one: MEZZOTINT_NODE=/path/to/node." >&2
  exit 127
fi
exec "$node" "$here/cli.cjs" "$@"
`;
}
