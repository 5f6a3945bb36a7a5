/** Signs of life as the engine process writes them: one line of standard output each, `<mark><forwards> <cpuMs>`. */
export const BEAT_MS = 1000;
/** Begins a line that no program prints by itself. */
export const BEAT_MARK = '\u0001beat ';
/** In the environment of a process whose host reads beats: '1'. */
export const BEATS_WANTED = 'MEZZOTINT_BEATS';
