import { keep, type Scalar, scalar, type Tensor, zerosLike } from '@tensorflow/tfjs-core';
import { UseCount } from '../../common/use-count.ts';
import { checkInputs } from '../check-inputs.ts';
import type { Tensors, TrainingDefinition, TrainingStep } from '../engine.ts';
import { differentiate, registerGradients } from '../gradients/register-gradients.ts';
import { keepUntouchedRows } from '../row-wise.ts';
import { disposeAll, download, mapValues, type OnBackend, uploadForRun, uploadKept } from './device-tensors.ts';

/** By parameter name: the `parameter` and each of its moments. */
type Trained = Readonly<Record<string, Tensors>>;

/** Returns a training step that differentiates the loss op by op. A step that throws changes nothing. */
export function eagerTraining(definition: TrainingDefinition, onBackend: OnBackend): TrainingStep {
  registerGradients();
  const constants = onBackend(() => uploadKept(definition.constants));
  let trained = onBackend(() => startOf(definition));
  let steps = 0;
  const uses = new UseCount('the training step', () => {
    disposeTrained(trained);
    disposeAll(constants);
  });
  return {
    async run(inputs, learningRate) {
      checkInputs(definition.inputs, inputs);
      return uses.use(() => {
        const { loss, updated } = onBackend(() => {
          const batch = { ...constants, ...uploadForRun(inputs) };
          const rates = { step: scalar(steps + 1), learningRate: scalar(learningRate) };
          return descend(definition, trained, batch, rates);
        });
        disposeTrained(trained);
        trained = updated;
        steps += 1;
        return loss;
      });
    },
    parameters: () => uses.use(() => onBackend(() => download(parametersOf(trained)))),
    dispose: () => void uses.dispose(),
  };
}

function startOf({ parameters, optimizer }: TrainingDefinition): Trained {
  return mapValues(uploadKept(parameters), (parameter) => ({
    parameter,
    ...Object.fromEntries(optimizer.moments.map((moment) => [moment, keep(zerosLike(parameter))])),
  }));
}

function descend(
  { loss, optimizer, rowWise = [] }: TrainingDefinition,
  trained: Trained,
  batch: Tensors,
  rates: { step: Scalar; learningRate: Scalar },
): { loss: number; updated: Trained } {
  const { value, gradients } = differentiate(loss, parametersOf(trained), batch);
  const updated = mapValues(trained, (state, name) => {
    const { parameter, ...moments } = state as Tensors & { parameter: Tensor };
    const gradient = gradients[name] as Tensor;
    const before = { parameter, gradient, moments, ...rates };
    const after = optimizer.update(before);
    return rowWise.includes(name) ? keepUntouchedRows(after, before) : after;
  });
  // A clone outlives the old state, even if the optimizer returns a tensor of the old state. Tensors are kept last, so
  // that none leaks if the code above throws.
  return {
    loss: value.dataSync()[0] as number,
    updated: mapValues(updated, (state) => mapValues(state, (part) => keep(part.clone()))),
  };
}

function parametersOf(trained: Trained): Tensors {
  return mapValues(trained, ({ parameter }) => parameter as Tensor);
}

function disposeTrained(trained: Trained): void {
  for (const state of Object.values(trained)) disposeAll(state);
}
