/** What a figure of the bench says of the machine it was measured on. */
import { existsSync, readFileSync } from 'node:fs';
import os from 'node:os';

/** The processor's instruction sets that integer and matrix products run on; none where the system doesn't list them. */
export function instructionSets(): string[] {
  if (!existsSync('/proc/cpuinfo')) return [];
  const flags = /^(?:flags|Features)\s*:\s*(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1]?.split(' ') ?? [];
  return flags.filter((flag) =>
    /^(avx2|avx_vnni|avx512f|avx512_vnni|avx512_bf16|amx_int8|asimddp|i8mm|sve)$/.test(flag),
  );
}

export interface Machine {
  cpu: string;
  cores: number;
  instruction_sets: string[];
  /** 2³⁰ bytes */
  memory_gb: number;
  /** Of the last minute before the bench began. */
  load_before: number;
  platform: string;
  node: string;
}

/** @param loadBefore the system's load as the bench began */
export const describeMachine = (loadBefore: number): Machine => ({
  cpu: os.cpus()[0]?.model.trim() ?? 'unknown',
  cores: os.availableParallelism(),
  instruction_sets: instructionSets(),
  memory_gb: Math.round(os.totalmem() / 2 ** 30),
  load_before: Math.round(loadBefore * 100) / 100,
  platform: `${process.platform}-${process.arch}`,
  node: process.version,
});
