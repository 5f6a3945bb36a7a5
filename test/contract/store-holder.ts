/** A process that holds a data folder until it is killed. Arguments: folder, driver. */
import { openStore } from '../../core/store/index.ts';

const [dataDir = '', driver] = process.argv.slice(2);
const opened = openStore({ dataDir, driver: driver === 'libsql' ? 'libsql' : 'better-sqlite3' });
process.send?.(opened.ok);
setInterval(() => undefined, 1000);
