import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkChosen, chosenDataDir, DEFAULT_PACK, defaultDataDir, option, packDir } from '../../../core/app/paths.ts';
import { browserExpected } from '../../../core/server/open-in-browser.ts';

describe('where the data lie', () => {
  it('is what --data names, before MEZZOTINT_DATA, and absolute', () => {
    expect(chosenDataDir(['--data', '/a/b'], { MEZZOTINT_DATA: '/c' })).toBe(path.resolve('/a/b'));
    expect(chosenDataDir(['--data=here'], {})).toBe(path.resolve('here'));
    expect(chosenDataDir([], { MEZZOTINT_DATA: 'there' })).toBe(path.resolve('there'));
    expect(chosenDataDir([], { MEZZOTINT_DATA: '' })).toBeUndefined();
  });
  it('is refused where --data has no folder after it, as with an empty shell variable', () => {
    for (const args of [['--data'], ['--data', ''], ['--data='], ['--data', ' '], ['--data', '--no-open']])
      expect(() => chosenDataDir(args, { MEZZOTINT_DATA: '/c' })).toThrow('--data needs a value');
  });
  it('may be new, but not in a folder that is not there', () => {
    const dir = mkdtempSync(path.join(os.tmpdir(), 'mezzotint-paths-'));
    try {
      expect(checkChosen(dir)).toBeNull();
      expect(checkChosen(path.join(dir, 'new'))).toBe(`A new data folder is made: ${path.join(dir, 'new')}`);
      expect(() => checkChosen(path.join(dir, 'mistyped', 'new'))).toThrow(
        `There is no folder ${path.join(dir, 'mistyped')}`,
      );
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });
  it("is the system's place for the app's data where nothing is named", () => {
    expect(defaultDataDir({ XDG_CONFIG_HOME: '/x' }, 'linux')).toBe('/x/Mezzotint');
    expect(defaultDataDir({}, 'linux')).toBe(path.join(os.homedir(), '.config', 'Mezzotint'));
    expect(defaultDataDir({ APPDATA: '/roaming' }, 'win32')).toBe(path.join('/roaming', 'Mezzotint'));
    expect(defaultDataDir({}, 'darwin')).toContain(path.join('Application Support', 'Mezzotint'));
  });
});

describe('an option', () => {
  it('is read in both spellings', () => {
    expect(option(['--port', '80'], '--port')).toBe('80');
    expect(option(['x', '--port=81'], '--port')).toBe('81');
    expect(option(['--portal=1'], '--port')).toBeUndefined();
  });
});

describe('the pack', () => {
  it('is the default one among the models, or the folder MEZZOTINT_PACK names', () => {
    expect(packDir('/app/models', {})).toBe(path.resolve('/app/models', DEFAULT_PACK));
    expect(packDir('/app/models', { MEZZOTINT_PACK: '/other/pack' })).toBe(path.resolve('/other/pack'));
  });
});

describe('a browser', () => {
  it('is expected with a display and outside automation only', () => {
    expect(browserExpected({ DISPLAY: ':0' }, 'linux')).toBe(true);
    expect(browserExpected({}, 'linux')).toBe(false);
    expect(browserExpected({ DISPLAY: ':0', CI: '1' }, 'linux')).toBe(false);
    expect(browserExpected({}, 'darwin')).toBe(true);
  });
});
