import type { Engine } from '../engine/engine.ts';
import { type BenchmarkRequest, requestedModel } from '../model-benchmark/benchmark-request.ts';
import { codeVersion, measuringFolders } from './code-version.ts';
import type { DataSource } from './model-units.ts';
import type { ScenarioModelRequest } from './scenario-model.ts';
import { readScenarioRoutes, type ScenarioRoutes } from './scenario-routes.ts';
import { partTitle } from './settings.ts';
import { splitSeed } from './survey-data.ts';
import { readTaskContexts, type TaskContexts } from './task-contexts.ts';
import { type Unit, unitKey } from './unit.ts';

/** The figures that need a trained model. Figure 2 needs none, since every measurement has its cost. */
interface TrainedFigure<Result> {
  readonly figure: number;
  readonly model: string;
  readonly read: (request: ScenarioModelRequest) => Promise<Result>;
}

const contexts: TrainedFigure<TaskContexts> = { figure: 3, model: 'film-paper', read: readTaskContexts };
const routes: TrainedFigure<ScenarioRoutes> = { figure: 4, model: 'soft-paper', read: readScenarioRoutes };

export interface FigureUnits {
  readonly contexts: Unit<TaskContexts>;
  readonly routes: Unit<ScenarioRoutes>;
}

interface FiguresRequest {
  /** A dataset with scenarios of MovieLens. */
  readonly source: DataSource;
  /** Opens the engine, once for each figure that is not finished. */
  readonly openEngine: () => Promise<Engine>;
}

/** Returns the units of figures 3 and 4. Each trains a model of its own, with seed 1. */
export function figureUnits(request: FiguresRequest): FigureUnits {
  const code = codeVersion([...measuringFolders, 'explanation', 'paper']);
  return { contexts: figureUnit(contexts, request, code), routes: figureUnit(routes, request, code) };
}

function figureUnit<Result>(
  { figure, model, read }: TrainedFigure<Result>,
  { source: { folders, conditions }, openEngine }: FiguresRequest,
  code: string,
): Unit<Result> {
  const { epochs } = conditions;
  const request: BenchmarkRequest = {
    taskKind: 'SCENARIO',
    data: folders,
    seeds: 1,
    splitSeed,
    ...(epochs !== undefined && { epochs }),
  };
  return {
    key: unitKey(conditions, { figure, recipe: requestedModel(request, model), code }),
    title: `figure ${figure}, ${model}`,
    group: `${partTitle({ dataset: 'movielens', setting: 'scenarios' })} ${model}`,
    run: async (onProgress, signal) => read({ request, model, engine: await openEngine(), onProgress, signal }),
  };
}
