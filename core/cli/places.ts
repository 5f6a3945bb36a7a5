/** Where this program's own parts lie: bundled, beside this file; run from source, in their rooms. */
import { existsSync } from 'node:fs';
import path from 'node:path';

const here = import.meta.dirname;
const bundledEngine = path.join(here, 'engine.cjs');
const bundled = existsSync(bundledEngine);

export const engineEntry = bundled ? bundledEngine : path.join(here, '..', 'engine', 'entry.ts');
/** The folder that holds packs. */
export const modelsDir = bundled ? path.join(here, '..', 'models') : path.join(here, '..', '..', 'models');
