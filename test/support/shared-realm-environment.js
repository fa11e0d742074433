import { TestEnvironment } from 'jest-environment-node';

/**
 * Jest's Node environment with the outer realm's typed arrays. Typed arrays that libraries outside the sandbox create
 * then pass `instanceof` inside it, and the other way round.
 */
export default class SharedRealmEnvironment extends TestEnvironment {
  async setup() {
    await super.setup();
    Object.assign(this.global, {
      ArrayBuffer,
      SharedArrayBuffer,
      DataView,
      WebAssembly,
      Float32Array,
      Float64Array,
      Int8Array,
      Int16Array,
      Int32Array,
      Uint8Array,
      Uint8ClampedArray,
      Uint16Array,
      Uint32Array,
      BigInt64Array,
      BigUint64Array,
    });
  }
}
