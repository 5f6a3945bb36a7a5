/** The order in which browser mode closes. */
import type { RunningServer } from './http.ts';
import type { Service } from './service.ts';

/**
 * Replies end in this very call, before anything is waited for: what is committed is kept, and clients hear of it while their
 * sockets are open. Then sockets and service close beside each other; a client that does not answer is given a second.
 */
export async function closeAll(service: Service, server: RunningServer): Promise<void> {
  await Promise.all([service.close(), server.close()]);
}
