import { TestEnvironment } from 'jest-environment-node';

/**
 * Jest's Node environment, in production as the program is, with the outer realm's typed arrays. Typed arrays that
 * libraries outside the sandbox create then pass `instanceof` inside it, and the other way round.
 */
export default class SharedRealmEnvironment extends TestEnvironment {
  async setup() {
    await super.setup();
    // Libraries read it when they are loaded: graphql is much slower in development.
    this.global.process.env.NODE_ENV = 'production';
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
