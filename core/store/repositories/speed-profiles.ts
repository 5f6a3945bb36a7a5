/** Measured speeds, one row for each model, device and version of the app. */
import * as v from 'valibot';
import { stopMeasureSchema, type StopMeasure } from '../../contract/speed-profile.ts';
import { integer, text, type Db } from '../db/driver.ts';

export interface SpeedProfileKey {
  /** Hash of the pack. */
  pack: string;
  device: string;
  version: string;
}
export interface KeptSpeedProfile {
  measuredAt: number;
  /** By the stop's name. */
  stops: Record<string, StopMeasure>;
}
export interface SpeedProfiles {
  /** Null where there is none, or none that can be read. */
  read(key: SpeedProfileKey): KeptSpeedProfile | null;
  write(key: SpeedProfileKey, profile: KeptSpeedProfile): void;
}

const stopsSchema = v.record(v.string(), stopMeasureSchema);

export function createSpeedProfiles(db: Db): SpeedProfiles {
  const get = db.prepare('SELECT measured_at, stops FROM calibrations WHERE pack = ? AND device = ? AND version = ?');
  const put = db.prepare(
    'INSERT INTO calibrations (pack, device, version, measured_at, stops) VALUES (?, ?, ?, ?, ?) ON CONFLICT (pack, device, version) DO UPDATE SET measured_at = excluded.measured_at, stops = excluded.stops',
  );
  return {
    read({ pack, device, version }) {
      const row = get.get(pack, device, version);
      if (!row) return null;
      try {
        const stops = v.safeParse(stopsSchema, JSON.parse(text(row, 'stops')));
        return stops.success ? { measuredAt: integer(row, 'measured_at'), stops: stops.output } : null;
      } catch {
        return null;
      }
    },
    write({ pack, device, version }, { measuredAt, stops }) {
      put.run(pack, device, version, measuredAt, JSON.stringify(stops));
    },
  };
}
