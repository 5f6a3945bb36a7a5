/** The order in which the app closes. */
import type { Service } from '../app/service.ts';

/**
 * Replies end in this very call, before anything is waited for: what is committed is kept, and clients hear of it while their
 * sockets are open. Then sockets and service close beside each other; a client that does not answer is given a second.
 */
export async function closeAll(
  service: Pick<Service, 'close'>,
  ...servers: { close(): Promise<void> }[]
): Promise<void> {
  await Promise.all([service.close(), ...servers.map((server) => server.close())]);
}
