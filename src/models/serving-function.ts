import type { FunctionDefinition } from '../engine/engine.ts';

/** A function to compile for serving, with the inputs it takes. */
export type ServingFunction = Pick<FunctionDefinition, 'fn' | 'inputs'>;
