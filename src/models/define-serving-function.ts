import type { FunctionDefinition } from '../engine/engine.ts';
import { servingFunctions } from './recommenders.ts';
import type { ServingFunctionRequest } from './serving-function-source.ts';

/** Makes a serving function again, in a thread. See `sourceOf`. */
export function define({ artifact, role }: ServingFunctionRequest): FunctionDefinition {
  return servingFunctions(artifact)[role] as FunctionDefinition;
}
