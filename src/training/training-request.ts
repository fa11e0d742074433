import type { Engine } from '../engine/engine.ts';
import type { TrainingData } from '../tasks/training-data.ts';
import type { ParsedRecipe } from './training-recipe.ts';

export interface TrainingRequest {
  readonly recipe: ParsedRecipe;
  readonly data: TrainingData;
  readonly engine: Engine;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: TrainingProgress) => void;
}

export type TrainingProgress = FactorProgress | EpochProgress;

/** Progress of making the factors of users and items, before the first epoch. */
export interface FactorProgress {
  readonly phase: 'factors';
  /** The share that is done, from 0 to 1. */
  readonly fraction: number;
}

export interface EpochProgress {
  readonly phase: 'training' | 'validation';
  /** The number of the epoch, from 1. */
  readonly epoch: number;
  /** The maximum number of epochs. */
  readonly epochs: number;
  /** The number of optimizer steps that are done. */
  readonly step: number;
  /** The maximum number of optimizer steps. */
  readonly steps: number;
  /** The loss of the batch before the update of the step, or of all validation episodes. */
  readonly loss: number;
}
