/**
 * Hands an address or a file to the system's browser. It is one argument of a program, never part of a shell line; every account
 * of the machine can read it there, so it carries no secret (launch-file.ts).
 */
import { spawn } from 'node:child_process';
import { childEnvironment } from '../engines/index.ts';

/** True where a browser can be expected: not in a test run of a server, not without a display. */
export const browserExpected = (
  env: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): boolean => !env['CI'] && (platform !== 'linux' || Boolean(env['DISPLAY'] ?? env['WAYLAND_DISPLAY']));

/** @returns false where no program could be started; whether the browser then shows the page is not known */
export function openInBrowser(what: string, platform: NodeJS.Platform = process.platform): Promise<boolean> {
  const [program, args]: [string, string[]] =
    platform === 'darwin'
      ? ['open', [what]]
      : platform === 'win32'
        ? ['rundll32', ['url.dll,FileProtocolHandler', what]]
        : ['xdg-open', [what]];
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: 'ignore', detached: true, env: childEnvironment() });
    child.once('error', () => resolve(false));
    child.once('spawn', () => {
      child.unref();
      resolve(true);
    });
  });
}
