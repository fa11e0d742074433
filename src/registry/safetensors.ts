import { WarmstartError } from '../common/errors.ts';
import type { DType, HostTensor, HostTensors } from '../engine/engine.ts';

/**
 * The safetensors format (https://github.com/huggingface/safetensors): the header's length as a little-endian
 * 64-bit integer, a JSON header `{name: {dtype, shape, data_offsets}}`, then the data. Other tools can read it too.
 */
const arrayOf = { F32: Float32Array, I32: Int32Array } as const;
const storedType: Record<DType, keyof typeof arrayOf> = { float32: 'F32', int32: 'I32' };
const dtypeOf: Record<keyof typeof arrayOf, DType> = { F32: 'float32', I32: 'int32' };
const lengthBytes = 8;
const alignment = 8;

interface HeaderEntry {
  readonly dtype: keyof typeof arrayOf;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

export function encodeSafetensors(tensors: HostTensors): Uint8Array<ArrayBuffer> {
  let offset = 0;
  const entries = Object.entries(tensors).map(([name, { dtype, shape, data }]): [string, HeaderEntry] => {
    const start = offset;
    offset += data.byteLength;
    return [name, { dtype: storedType[dtype], shape, data_offsets: [start, offset] }];
  });
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const headerLength = Math.ceil(json.length / alignment) * alignment;
  const bytes = new Uint8Array(lengthBytes + headerLength + offset);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerLength), true);
  // The header is padded with spaces so that the data is aligned.
  bytes.fill(0x20, lengthBytes, lengthBytes + headerLength);
  bytes.set(json, lengthBytes);
  let position = lengthBytes + headerLength;
  for (const { data } of Object.values(tensors)) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), position);
    position += data.byteLength;
  }
  return bytes;
}

/** Decodes tensors. Throws INVALID_DATA if the bytes are incomplete or malformed. */
export function decodeSafetensors(bytes: Uint8Array): HostTensors {
  const header = readHeader(bytes);
  const data = bytes.subarray(lengthBytes + Number(headerLengthOf(bytes)));
  return Object.fromEntries(Object.entries(header).map(([name, entry]) => [name, readTensor(name, entry, data)]));
}

function readTensor(name: string, { dtype, shape, data_offsets }: HeaderEntry, data: Uint8Array): HostTensor {
  const [start, end] = data_offsets;
  const size = shape.reduce((product, dimension) => product * dimension, 1);
  if (!(dtype in arrayOf) || end - start !== size * 4 || end > data.length) {
    throw invalid(
      `the tensor "${name}" (${dtype} ${JSON.stringify(shape)}) does not match its bytes ${start} to ${end} of ${data.length}`,
    );
  }
  // A copy, because the bytes can be unaligned in a buffer that a connection uses again.
  const copy = new Uint8Array(data.subarray(start, end)).buffer;
  return { dtype: dtypeOf[dtype], shape, data: new arrayOf[dtype](copy) };
}

function readHeader(bytes: Uint8Array): Record<string, HeaderEntry> {
  const length = headerLengthOf(bytes);
  if (length > BigInt(bytes.length - lengthBytes))
    throw invalid(`expected a header of ${length} bytes, got ${bytes.length} bytes in all`);
  try {
    return JSON.parse(new TextDecoder().decode(bytes.subarray(lengthBytes, lengthBytes + Number(length))));
  } catch (cause) {
    throw invalid('the header is not JSON', { cause });
  }
}

function headerLengthOf(bytes: Uint8Array): bigint {
  if (bytes.length < lengthBytes) throw invalid(`expected at least ${lengthBytes} bytes, got ${bytes.length}`);
  return new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
}

function invalid(message: string, options?: ErrorOptions): WarmstartError {
  return new WarmstartError('INVALID_DATA', `the safetensors data is invalid: ${message}`, options);
}
