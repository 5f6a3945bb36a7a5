/** The local HTTP API: OpenAI's protocol over this machine's engine. `startApiServer({api: new Api(…), keys, …})`. */
export { Api, apiLimits, type ApiLimits, type ApiOptions } from './api.ts';
export { startApiServer, type ApiServer, type ApiServerOptions } from './http.ts';
export { createApiService, keysOf, type ApiService, type ApiServiceOptions } from './service.ts';
export { hashOf, idOfKey, newKey, oneKey, type KeyCheck } from './keys.ts';
