import { getBackend, setBackend } from '@tensorflow/tfjs-core';
import { UseCount } from '../../common/use-count.ts';
import { checkInputs } from '../check-inputs.ts';
import type { CompiledFunction, Engine, EngineName, FunctionDefinition } from '../engine.ts';
import { registerGradients } from '../gradients/register-gradients.ts';
import { inTurn } from '../in-turn.ts';
import { disposeAll, download, type OnBackend, uploadForRun, uploadKept, withinTidy } from './device-tensors.ts';
import { eagerTraining } from './eager-training.ts';

export interface EagerBackend {
  readonly name: EngineName;
  /** The name that the backend is registered with in tfjs. The backend must be initialized. */
  readonly tfjsBackend: string;
  readonly rowsPerRun: number;
}

/**
 * Returns an engine that runs functions op by op on a tfjs backend.
 *
 * A process can have several. tfjs has one current backend, so each run selects its backend and then finishes without
 * awaiting anything.
 */
export function eagerEngine({ name, tfjsBackend, rowsPerRun }: EagerBackend): Engine {
  const onBackend: OnBackend = (work) => {
    // The promise matters only for a backend that is not initialized. An initialized backend is current at once.
    if (getBackend() !== tfjsBackend) void setBackend(tfjsBackend);
    return withinTidy(work);
  };
  return {
    name,
    rowsPerRun,
    compile: (definition) => eagerFunction(definition, onBackend),
    compileTraining: async (definition) => eagerTraining(definition, onBackend),
  };
}

async function eagerFunction(definition: FunctionDefinition, onBackend: OnBackend): Promise<CompiledFunction> {
  // A function may compute gradients.
  registerGradients();
  const parameters = await inTurn(() => onBackend(() => uploadKept(definition.parameters)));
  const uses = new UseCount('the compiled function', () => disposeAll(parameters));
  return {
    async run(inputs) {
      checkInputs(definition.inputs, inputs);
      return uses.use(() => inTurn(() => onBackend(() => download(definition.fn(parameters, uploadForRun(inputs))))));
    },
    dispose: () => void uses.dispose(),
  };
}
