import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { WarmstartError } from '../common/errors.ts';
import type { Engine } from '../engine/engine.ts';
import type { RejectedRows } from '../model-benchmark/dataset-tables.ts';
import { divideParts } from './divide-parts.ts';
import { figureUnits } from './figure-units.ts';
import { drawFigures } from './figures.ts';
import { FinishedUnits } from './finished-units.ts';
import { checkPage, writeSection } from './marked-section.ts';
import { finishedMeasurements, measuredTable } from './measured-tables.ts';
import { type DataSources, isSeeded, modelUnits } from './model-units.ts';
import { type Missing, paperPage } from './paper-page.ts';
import type { Parts } from './parts.ts';
import { loadVega } from './render-chart.ts';
import { runUnits, type UnitProgress } from './run-units.ts';
import { type Surveys, surveyDatasets } from './survey-datasets.ts';
import type { RunConditions, Unit } from './unit.ts';

export interface PaperRequest {
  /** A MovieLens folder, a folder of the Cloud Theme Click Dataset, or both. */
  readonly data: readonly string[];
  readonly parts: Parts;
  readonly seeds: number;
  /** Maximum number of passes over the training tasks. Default: each model's own. */
  readonly epochs?: number;
  /** The page, which has the figures in a folder beside it. */
  readonly out: string;
  /** The file of finished units. */
  readonly work: string;
  /** Forgets what is finished. */
  readonly fresh: boolean;
  readonly engine: RunConditions['engine'];
  readonly openEngine: () => Promise<Engine>;
}

export interface PaperListeners {
  /** Called before anything is trained. */
  readonly onPlan: (plan: Plan) => void;
  readonly onProgress: (progress: UnitProgress) => void;
}

export interface Plan {
  /** Rows that could not be used. */
  readonly rejected: readonly RejectedRows[];
  readonly units: number;
  readonly finished: number;
}

export interface Reproduction {
  /** The files that were written: the page and the figures. */
  readonly files: readonly string[];
  /** The titles of the units that failed. */
  readonly failed: readonly string[];
}

/**
 * Measures the tables and figures of the paper that the data allows, and writes them to a page. Continues where an
 * earlier call with the same request ended. Throws, before anything is trained, INVALID_DATA if the folders allow none
 * of them, and INVALID_CONFIGURATION if a file cannot be written or if two folders have the same dataset; later,
 * INTERRUPTED when the signal aborts.
 */
export async function reproducePaper(
  request: PaperRequest,
  { onPlan, onProgress }: PaperListeners,
  signal: AbortSignal,
): Promise<Reproduction> {
  const { data, parts, seeds, epochs, out, work, fresh, engine, openEngine } = request;
  const finished = await FinishedUnits.open(work, { fresh });
  await checkPage(out);
  await loadVega();
  const surveys = await surveyDatasets(data);
  const { allowed, missing } = divideParts(parts, surveys);
  const sources = sourcesOf(surveys, { engine, epochs });
  const models = modelUnits(allowed.tables, { sources, seeds });
  const trained = sources.movielens && figureUnits({ source: sources.movielens, openEngine });
  const figures: readonly Unit[] = [
    ...(trained && allowed.figures.has(3) ? [trained.contexts] : []),
    ...(trained && allowed.figures.has(4) ? [trained.routes] : []),
  ];
  const units = [...models, ...figures];
  if (units.length === 0) throw nothingToMeasure(data, missing);
  if (fresh) await finished.clear();
  onPlan({
    rejected: Object.values(surveys).flatMap(({ rejected }) => rejected),
    units: units.length,
    finished: units.filter(({ key }) => finished.get(key)).length,
  });
  const failed = await runUnits(units, finished, { onProgress, signal });
  const measurementsOf = finishedMeasurements(models, finished);
  const drawn = await drawFigures({ parts, models, trained, finished, measurementsOf });
  const failures = failed.map(({ unit, message }) => ({ title: unit.title, message }));
  const page = paperPage({
    ...{ surveys, seeds, epochs, only: parts.option, missing, failures },
    tables: allowed.tables.map((table) =>
      measuredTable(table, measurementsOf, (model) => isSeeded(table, model), seeds),
    ),
    figures: drawn.map(({ title, name, text }) => ({ title, file: `figures/${name}`, text })),
  });
  const files = drawn.map(({ name, svg }) => ({ path: join(dirname(out), 'figures', name), svg }));
  if (files.length > 0) await mkdir(join(dirname(out), 'figures'), { recursive: true });
  for (const { path, svg } of files) await writeFile(path, svg);
  await writeSection(out, page);
  return { files: [out, ...files.map(({ path }) => path)], failed: failures.map(({ title }) => title) };
}

function sourcesOf(surveys: Surveys, conditions: Omit<RunConditions, 'data'>): DataSources {
  const sources = Object.entries(surveys).map(([dataset, { folders, fingerprint }]) => [
    dataset,
    { folders, conditions: { data: fingerprint, ...conditions } },
  ]);
  return Object.fromEntries(sources);
}

function nothingToMeasure(data: readonly string[], missing: readonly Missing[]): WarmstartError {
  const reasons = [...new Set(missing.map(({ needed }) => needed))];
  return new WarmstartError(
    'INVALID_DATA',
    `--data: ${data.join(' and ')} ${data.length > 1 ? 'allow' : 'allows'} none of the chosen tables and figures; ${reasons.join('; ')}`,
  );
}
