/** The manual page and the completions where Debian looks for them. */
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
