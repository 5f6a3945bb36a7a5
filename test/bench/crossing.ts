/** What crosses between this process and a graphics device in a forward, by cached tokens: `npm run -s bench -- --device webgpu --json`. */
import { sessionOptions } from '../../core/engine/devices.ts';
import { graphsOf, readManifest } from '../../core/engine/pack.ts';
import { ModelSession } from '../../core/engine/session.ts';
import { CHUNK } from '../../core/model/graph/contract.ts';

export interface Crossing {
  cached: number;
  rows: number;
  /** Bytes to the device and back. */
  sent: number;
  received: number;
  ms: number;
}

/** Forwards of context rows over random keys and values, one of each kind after one that is not counted. @throws Error where the session keeps nothing on the device */
export async function crossings(
  packDir: string,
  cached: readonly number[],
  rows: readonly number[],
): Promise<Crossing[]> {
  const { manifest } = readManifest(packDir);
  const session = await ModelSession.create(
    graphsOf(packDir, manifest, 'webgpu'),
    manifest,
    sessionOptions('webgpu', 2),
  );
  const { layers, kvHeads, headDim } = session.shape;
  const noise = Float32Array.from(
    { length: layers * CHUNK * kvHeads * headDim },
    (_, i) => Math.sin(i * 12.9898) * 0.5,
  );
  const found: Crossing[] = [];
  for (const length of cached) {
    const cache = session.newCache();
    while (cache.length < length) {
      const ids = Array.from({ length: Math.min(cache.room, length - cache.length) }, () => 100);
      cache.append(ids, { keys: noise, values: noise, rows: CHUNK });
    }
    await cache.ready();
    for (const count of rows) {
      const places = Array.from({ length: count }, (_, i) => i);
      const request = {
        ids: places.map((i) => 200 + i),
        positions: places.map((i) => length + i),
        contextRows: count,
        canvases: [],
        wanted: places,
      };
      await session.forward(request, cache);
      const { traffic } = session;
      if (!traffic) throw new Error('this model keeps nothing on the device');
      const { sent, received } = traffic;
      const began = performance.now();
      await session.forward(request, cache);
      const ms = performance.now() - began;
      found.push({ cached: length, rows: count, sent: traffic.sent - sent, received: traffic.received - received, ms });
    }
    cache.dispose();
  }
  await session.release();
  return found;
}
