import { benchmarkModel } from '../../src/model-benchmark/benchmark-models.ts';
import type { RecommenderKind } from '../../src/models/recommenders.ts';
import type { TrainingRecipe } from '../../src/training/training-recipe.ts';

/** A model whose cost is measured, with the configuration of the paper for tasks that are users. */
interface MeasuredModel {
  readonly model: string;
  readonly kind: RecommenderKind;
  /** Whether the model adapts by gradient steps, whose number is then varied. */
  readonly hasSteps: boolean;
  /** Returns the configuration with this number of steps. */
  readonly config: (steps: number | null) => object;
  /**
   * Whether a batch is taken in steps of one task each, because a step with all its tasks does not fit into memory. Such
   * a model is so slow that it adapts only once in a turn.
   */
  readonly oneTaskPerStep?: true;
  /** The functions of `servingFunctions` that run when the model adapts to a task and scores its candidates. */
  readonly serves: readonly string[];
}

/** The first is what the others are compared with. */
const measuredModels: readonly MeasuredModel[] = [
  {
    model: 'CMML-FiLM',
    kind: 'cmml',
    hasSteps: false,
    config: () => recipeOf('film-paper').config,
    serves: ['fold', 'score'],
  },
  {
    model: 'MeLU',
    kind: 'maml',
    hasSteps: true,
    config: (innerSteps) => ({ ...recipeOf('melu-paper').config, innerSteps }),
    serves: ['adapt', 'score'],
  },
  {
    model: 's²Meta',
    kind: 's2meta',
    hasSteps: true,
    oneTaskPerStep: true,
    // The stop controller must not end the steps.
    config: (innerSteps) => ({ innerSteps, minSteps: innerSteps }),
    serves: ['adapt', 'score'],
  },
];

function recipeOf(name: string): TrainingRecipe {
  return benchmarkModel('USER', name) as TrainingRecipe;
}

/** A model with a number of steps. `null` means that the model takes none. */
export interface Row {
  readonly model: string;
  readonly steps: number | null;
}

export interface BenchSize {
  /** Gradient steps on a task. */
  readonly innerSteps: readonly number[];
  /** The batch of a training step. A task is adapted to `support` pairs, and has `query` pairs to score. */
  readonly tasks: number;
  readonly support: number;
  readonly query: number;
  /** How often each row has its turn, and what it measures in a turn. */
  readonly rounds: number;
  readonly stepsPerRound: number;
  readonly adaptationsPerRound: number;
}

/** The paper's sizes and numbers of steps. */
export const paperSize: BenchSize = {
  ...{ innerSteps: [1, 5, 10, 20], tasks: 32, support: 90, query: 10 },
  ...{ rounds: 40, stepsPerRound: 1, adaptationsPerRound: 10 },
};

export const quickSize: BenchSize = {
  ...{ innerSteps: [1, 2, 3], tasks: 4, support: 13, query: 5 },
  ...{ rounds: 2, stepsPerRound: 1, adaptationsPerRound: 2 },
};

export function rowsOf({ innerSteps }: BenchSize): Row[] {
  return measuredModels.flatMap(({ model, hasSteps }) =>
    (hasSteps ? innerSteps : [null]).map((steps) => ({ model, steps })),
  );
}

/** Returns the model of a row. */
export function modelOf({ model }: Pick<Row, 'model'>): MeasuredModel {
  return measuredModels.find((measured) => measured.model === model) as MeasuredModel;
}
