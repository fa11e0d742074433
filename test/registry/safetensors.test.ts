import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodeSafetensors, encodeSafetensors } from '../../src/registry/safetensors.ts';

describe('safetensors', () => {
  test('writes the published format: length, JSON header, little-endian data', () => {
    const bytes = encodeSafetensors({
      w: { dtype: 'float32', shape: [2], data: new Float32Array([1, -2]) },
      i: { dtype: 'int32', shape: [1], data: new Int32Array([258]) },
    });
    const view = new DataView(bytes.buffer);
    const headerLength = Number(view.getBigUint64(0, true));
    expect(headerLength % 8).toBe(0);
    expect(JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + headerLength)))).toEqual({
      w: { dtype: 'F32', shape: [2], data_offsets: [0, 8] },
      i: { dtype: 'I32', shape: [1], data_offsets: [8, 12] },
    });
    // 1 is 0x3f800000, -2 is 0xc0000000 and 258 is 0x00000102.
    expect([...bytes.subarray(8 + headerLength)]).toEqual([0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0, 2, 1, 0, 0]);
  });

  test('decodes to the same bits, at any position in memory', () => {
    const tensor = fc
      .float32Array({ maxLength: 20 })
      .map((data) => ({ dtype: 'float32' as const, shape: [data.length], data }));
    fc.assert(
      fc.property(fc.dictionary(fc.string(), tensor), fc.nat(7), (tensors, offset) => {
        const bytes = encodeSafetensors(tensors);
        const moved = new Uint8Array(bytes.length + offset).subarray(offset);
        moved.set(bytes);
        const decoded = decodeSafetensors(moved);
        expect(Object.keys(decoded).sort()).toEqual(Object.keys(tensors).sort());
        for (const [name, { shape, data }] of Object.entries(tensors)) {
          expect(decoded[name]?.shape).toEqual(shape);
          expect(new Uint8Array(decoded[name]?.data.buffer as ArrayBuffer)).toEqual(new Uint8Array(data.buffer));
        }
      }),
    );
  });

  test('decodes a Node Buffer like other bytes', () => {
    const tensors = { w: { dtype: 'float32' as const, shape: [2], data: new Float32Array([3, 4]) } };
    expect(decodeSafetensors(Buffer.from(encodeSafetensors(tensors)))).toEqual(tensors);
  });

  test.each([
    ['too few bytes', new Uint8Array(4), /at least 8 bytes, got 4/],
    [
      'a header longer than the file',
      new Uint8Array([255, 0, 0, 0, 0, 0, 0, 0]),
      /expected a header of 255 bytes, got 8 bytes in all/,
    ],
    ['a header that is not JSON', new Uint8Array([2, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0x7b]), /not JSON/],
  ])('refuses %s', (_what, bytes, message) => {
    expect(() => decodeSafetensors(bytes)).toThrow(message);
  });

  test('refuses a truncated file', () => {
    const bytes = encodeSafetensors({ w: { dtype: 'float32', shape: [3], data: new Float32Array(3) } });
    expect(() => decodeSafetensors(bytes.subarray(0, -1))).toThrow(/"w" \(F32 \[3\]\) does not match its bytes/);
  });
});
