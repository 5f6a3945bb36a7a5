/** The channels of search, and the upkeep of the index: what was written is read into it in small steps, between other work. */
import type { SearchHandlers } from '../contract/index.ts';
import type { Push } from '../contract/push.ts';
import { realTimers, type Timers } from '../engines/index.ts';
import type { Search } from '../store/index.ts';

/** After a change: a reply that has just ended has other things to do first. */
const REST_MS = 500;
/** Of each 40 ms at most 12 are spent on the index, so that a large import leaves room for everything else. */
const STEP_MS = 12;
const PAUSE_MS = 28;

export interface Searching {
  handlers: SearchHandlers;
  /** Called for every push: some mean that there is something to read. */
  onPush(push: Push): void;
  close(): void;
}

export function createSearching(search: Search, timers: Timers = realTimers): Searching {
  let timer: unknown = null;
  let closed = false;
  const step = (): void => {
    timer = null;
    let more = false;
    try {
      more = search.read(STEP_MS);
    } catch {
      // a full disk and the like: what waits stays on its list, and is read with the next search or the next start
    }
    if (more) wake(PAUSE_MS);
  };
  const wake = (ms: number): void => {
    if (timer === null && !closed) timer = timers.set(step, ms);
  };
  // what an update, or a sudden end, left to be read
  wake(REST_MS);
  return {
    handlers: {
      'search.find': (request) => {
        const page = search.find(request);
        if (page.unread > 0) wake(PAUSE_MS);
        return page;
      },
      'search.within': ({ conversationId, query }) => search.within(conversationId, query),
    },
    onPush(push) {
      if (
        push.topic === 'conversation' ||
        push.topic === 'conversations-changed' ||
        push.topic === 'erased' ||
        (push.topic === 'message' && push.message.status !== 'pending')
      )
        wake(REST_MS);
    },
    close() {
      closed = true;
      if (timer !== null) timers.clear(timer);
      timer = null;
    },
  };
}
