/** Which matrices of a pack are laid out as integers, and where their bytes lie: known from the manifest alone. */
import type { Weight } from './graph/builder.ts';
import { APART, integerTensors, type IntegerLayout, type IntegerMatrix } from './graph/integers.ts';
import type { Manifest } from './manifest.ts';

/** Groups of input channels by the kind of matrix; a kind that is absent stays in blocks. */
export type Scheme = Readonly<Partial<Record<'qkv' | 'o' | 'gate_up' | 'down', number>>>;

/** What comes out of the gate is uneven, so its channels need several scales, or stay in blocks. */
export const FASTEST_SCHEME: Scheme = { qkv: 1, o: 1, gate_up: 1, down: 4 };
/** The fastest first. */
export const SCHEMES: readonly Scheme[] = [FASTEST_SCHEME, { qkv: 1, o: 1, gate_up: 1 }];

/** Files of a layout lie in the pack's folder, and all their names begin so. */
export const INTEGER_FILES = 'integers';
/** The weights of one layer. */
export const integerFile = (layer: number): string => `${INTEGER_FILES}-${String(layer).padStart(2, '0')}.bin`;

export interface IntegerPlan {
  layout: IntegerLayout;
  /** By layer. */
  files: { name: string; bytes: number; matrices: string[] }[];
}

type Planned = Pick<Manifest, 'dimensions' | 'tensors' | 'experts' | 'windows'>;

/** Besides those apart there must be others. */
const LEAST_COLUMNS = 2 * APART;
const ALIGNED = 4096;

/** Of dense models of one kind of layer alone. @returns null where a model has no matrix to lay out so */
export function integerPlan(m: Planned, scheme: Scheme): IntegerPlan | null {
  if (m.experts || m.windows) return null;
  const matrices: Record<string, IntegerMatrix> = {};
  const tensors: Record<string, Weight> = {};
  const files: IntegerPlan['files'] = [];
  for (let layer = 0; layer < m.dimensions.layers; layer++) {
    const file = { name: integerFile(layer), bytes: 0, matrices: [] as string[] };
    const add = (key: string, dtype: Weight['dtype'], shape: number[], width: number): void => {
      const offset = Math.ceil(file.bytes / ALIGNED) * ALIGNED;
      const length = width * shape.reduce((product, n) => product * n, 1);
      tensors[key] = { file: file.name, offset, length, dtype, shape };
      file.bytes = offset + length;
    };
    for (const [kind, groups] of Object.entries(scheme)) {
      const name = `layers.${layer}.${kind}`;
      const { shape: [rows, columns] = [], bits } = m.tensors[`${name}.weight`] ?? {};
      if (bits === undefined || !rows || !columns || columns < LEAST_COLUMNS || columns % groups !== 0) continue;
      matrices[name] = { rows, columns, groups };
      file.matrices.push(name);
      add(integerTensors.factors(name), 'float32', [columns], 4);
      for (let group = 0; group < groups; group++) {
        add(integerTensors.weight(name, group), 'int8', [columns / groups, rows], 1);
        add(integerTensors.scales(name, group), 'float32', [rows], 4);
      }
      add(integerTensors.apart(name), 'int32', [APART], 4);
      add(integerTensors.apartWeight(name), 'uint8', [rows, APART], 1);
      add(integerTensors.apartScales(name), 'float32', [rows, 1], 4);
      add(integerTensors.apartZeros(name), 'uint8', [rows, 1], 1);
    }
    if (file.matrices.length > 0) files.push(file);
  }
  return files.length > 0 ? { layout: { matrices, tensors }, files } : null;
}
