import { WarmstartError } from '../common/errors.ts';
import { packedWidth } from '../models/gradient-steps/packed-parameters.ts';
import type { ParameterDeclarations } from '../models/parameter-declarations.ts';

/** The fields that set the size of gradient steps inside a loss. */
export type StepField = 'innerLearningRate' | 'stepStart';

/** Gradient steps on each task of a batch, inside the loss of a model. */
export interface InnerSteps {
  readonly count: number;
  readonly sizeField: StepField;
  /** The layers that each task has to itself. */
  readonly layers: ParameterDeclarations;
  /**
   * How many numbers training holds for each parameter of the layers, in each step of each task. Estimated from the
   * peaks of memory that `npm run -s bench -- efficiency` prints.
   */
  readonly heldNumbers: number;
}

/** 32 GB, 4 bytes a number. */
const maxNumbers = 8_000_000_000;

/** Throws INVALID_CONFIGURATION if a training step would hold more than 32 GB, because the process would be killed. */
export function checkStepMemory({ count, layers, heldNumbers }: InnerSteps, tasksPerStep: number): void {
  const parameters = packedWidth(layers);
  const ofOneTask = parameters * count * heldNumbers;
  if (tasksPerStep * ofOneTask <= maxNumbers) return;
  const field = ofOneTask > maxNumbers ? 'layerWidths' : 'tasksPerStep';
  const gigabytes = Math.round((4 * tasksPerStep * ofOneTask) / 1e9);
  throw new WarmstartError(
    'INVALID_CONFIGURATION',
    `${field}: expected a training step that needs at most 32 GB, got about ${gigabytes.toLocaleString('en')} GB for ` +
      `${tasksPerStep} tasks (tasksPerStep), each with ${count} steps (innerSteps) of ${parameters.toLocaleString('en')} ` +
      'parameters (layerWidths); lower one of them',
    { field: [field] },
  );
}
