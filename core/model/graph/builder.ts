/**
 * A thin writer of ONNX graphs (protobuf by onnx-proto). Values are names; `op` returns its first output's name.
 * Weights are external initializers: a byte range of a file lying in the same folder as the graph.
 */
import proto from 'onnx-proto';
import type { onnx } from 'onnx-proto';
import type { PackTensor } from '../manifest.ts';

export type Attribute = number | string | number[] | { float: number };

const { TensorProto, AttributeProto, ModelProto } = proto.onnx;
const { DataType } = TensorProto;
export const types = { float: DataType.FLOAT, int64: DataType.INT64, uint8: DataType.UINT8, int32: DataType.INT32 };
const packTypes = {
  int8: DataType.INT8,
  uint8: DataType.UINT8,
  float32: DataType.FLOAT,
  float16: DataType.FLOAT16,
  int32: DataType.INT32,
};

/** Bytes of a file as a tensor: a pack's, or of a type that only some operators read. */
export type Weight = Omit<PackTensor, 'dtype'> & { dtype: keyof typeof packTypes };

/** A dimension: a number, or a name for one that varies from run to run. */
export type Dim = number | string;

export class GraphBuilder {
  #nodes: onnx.INodeProto[] = [];
  #initializers: onnx.ITensorProto[] = [];
  #inputs: onnx.IValueInfoProto[] = [];
  #outputs: onnx.IValueInfoProto[] = [];
  #constants = new Map<string, string>();
  #external = new Set<string>();
  #next = 0;

  input(name: string, type: number, shape: Dim[]): string {
    this.#inputs.push(valueInfo(name, type, shape));
    return name;
  }

  output(name: string, type: number, shape: Dim[]): void {
    this.#outputs.push(valueInfo(name, type, shape));
  }

  /** Adds a node. `attributes`: integers, `{float}`, strings or integer lists. `outputs`: names, or how many to invent. */
  ops(
    type: string,
    inputs: string[],
    attributes: Record<string, Attribute> = {},
    outputs: number | string[] = 1,
    domain = '',
  ): string[] {
    const names = typeof outputs === 'number' ? Array.from({ length: outputs }, () => `v${this.#next++}`) : outputs;
    this.#nodes.push({
      opType: type,
      input: inputs,
      output: [...names],
      domain,
      name: `${type}_${this.#nodes.length}`,
      attribute: Object.entries(attributes).map(([name, value]) => attribute(name, value)),
    });
    return names;
  }

  op(type: string, inputs: string[], attributes: Record<string, Attribute> = {}, output?: string, domain = ''): string {
    return this.ops(type, inputs, attributes, output === undefined ? 1 : [output], domain)[0] as string;
  }

  /** An operator of ONNX Runtime's own set, `com.microsoft`. */
  ms(type: string, inputs: string[], attributes: Record<string, Attribute> = {}, output?: string): string {
    return this.op(type, inputs, attributes, output, 'com.microsoft');
  }

  /** An int64 constant, shared between its uses. `scalar`: rank 0. */
  ints(values: number[], scalar = false): string {
    return this.#constant(`i${scalar ? 's' : ''}${values.join('_')}`, {
      dataType: types.int64,
      dims: scalar ? [] : [values.length],
      rawData: raw(new BigInt64Array(values.map(BigInt))),
    });
  }

  floats(values: number[], shape: number[] = [values.length]): string {
    return this.#constant(`f${shape.join('x')}_${values.join('_')}`, {
      dataType: types.float,
      dims: shape,
      rawData: raw(new Float32Array(values)),
    });
  }

  /** A uint8 constant of rank 0. */
  byte(value: number): string {
    return this.#constant(`b${value}`, { dataType: types.uint8, dims: [], rawData: Uint8Array.of(value) });
  }

  /** An int8 constant, not shared. */
  bytes(values: Int8Array, shape: number[]): string {
    const rawData = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    return this.#constant(`bytes${this.#constants.size}`, { dataType: DataType.INT8, dims: shape, rawData });
  }

  /** An initializer lying in a pack file. `shape` may regroup the same bytes. */
  weight(name: string, tensor: Weight, shape: number[] = tensor.shape): string {
    const key = shape === tensor.shape ? name : `${name}:${shape.join('x')}`;
    if (this.#external.has(key)) return key;
    this.#external.add(key);
    this.#initializers.push({
      name: key,
      dataType: packTypes[tensor.dtype],
      dims: shape,
      dataLocation: TensorProto.DataLocation.EXTERNAL,
      externalData: [
        { key: 'location', value: tensor.file },
        { key: 'offset', value: String(tensor.offset) },
        { key: 'length', value: String(tensor.length) },
      ],
    });
    return key;
  }

  #constant(name: string, tensor: onnx.ITensorProto): string {
    const known = this.#constants.get(name);
    if (known !== undefined) return known;
    const id = `c${this.#constants.size}`;
    this.#constants.set(name, id);
    this.#initializers.push({ ...tensor, name: id });
    return id;
  }

  /** The serialized model. Deterministic: the same calls give the same bytes. */
  encode(producer: { name: string; version: string }): Uint8Array {
    return ModelProto.encode({
      irVersion: 9,
      producerName: producer.name,
      producerVersion: producer.version,
      opsetImport: [
        { domain: '', version: 21 },
        { domain: 'com.microsoft', version: 1 },
      ],
      graph: {
        name: 'mezzotint',
        node: this.#nodes,
        initializer: this.#initializers,
        input: this.#inputs,
        output: this.#outputs,
      },
    }).finish();
  }
}

const raw = (values: BigInt64Array | Float32Array): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

const valueInfo = (name: string, type: number, shape: Dim[]): onnx.IValueInfoProto => ({
  name,
  type: {
    tensorType: {
      elemType: type,
      shape: { dim: shape.map((d) => (typeof d === 'number' ? { dimValue: d } : { dimParam: d })) },
    },
  },
});

function attribute(name: string, value: Attribute): onnx.IAttributeProto {
  const { AttributeType } = AttributeProto;
  if (typeof value === 'number') return { name, type: AttributeType.INT, i: value };
  if (typeof value === 'string') return { name, type: AttributeType.STRING, s: new TextEncoder().encode(value) };
  if (Array.isArray(value)) return { name, type: AttributeType.INTS, ints: value };
  return { name, type: AttributeType.FLOAT, f: value.float };
}
