/** Servers on other machines as engines: `createRemoteEngine`. */
export { addressOf, checkAddress, hostOf, reachOf } from './address.ts';
export { createRemoteEngine, type RemoteOptions } from './engine.ts';
export { dialects } from './dialects/index.ts';
export { remoteLimits, type RemoteLimits } from './http.ts';
export { type RemoteModel, type RemoteServer } from './pack.ts';
export { probe, tryReply, type Probed, type Reached, type TestReply } from './probe.ts';
