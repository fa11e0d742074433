import type { Engine } from '../engine/engine.ts';
import type { RecommenderKind } from '../models/recommenders.ts';
import type { TrainingData } from '../tasks/training-data.ts';
import type { TrainingOptionsInput } from './training-options.ts';

export interface TrainingRequest {
  readonly kind: RecommenderKind;
  /** Of the model; completed with its defaults. */
  readonly config?: object;
  /** Of the training; completed with its defaults. */
  readonly options?: TrainingOptionsInput;
  readonly data: TrainingData;
  readonly engine: Engine;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: TrainingProgress) => void;
}

export type TrainingProgress = FactorProgress | EpochProgress;

/** Users and items are given factors before the training itself. */
export interface FactorProgress {
  readonly phase: 'factors';
  /** Of that work done, from 0 to 1. */
  readonly fraction: number;
}

export interface EpochProgress {
  readonly phase: 'training' | 'validation';
  /** From 1; `epochs` is how many there will be at most. */
  readonly epoch: number;
  readonly epochs: number;
  /** Optimiser steps done, of all that there will be at most. */
  readonly step: number;
  readonly steps: number;
  /** Of the batch before the step's update, or of all validation episodes. */
  readonly loss: number;
}
