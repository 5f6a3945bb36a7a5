/**
 * The chat service. To open everything:
 *   const opened = openStore({ dataDir });                                  // core/store
 *   const engine = createLocalEngine({ spawn: childEngine(entry), packDir }); // core/engines
 *   const chat = createChatService({ store, engine, notify, appInfo, openExternal });
 * `chat.handlers` serve the contract's channels (a thrown MezzotintError is the answer). To close: `await chat.shutdown()`, then `store.close()`.
 */
export { promptOf } from './prompt.ts';
export { createChatService, type ChatOptions, type ChatService } from './service.ts';
export { titleFrom } from './title.ts';
export { createSearching, type Searching } from './searching.ts';
