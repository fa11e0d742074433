import { type Missing, titleOf } from './paper-page.ts';
import { type PaperTable, paperTables } from './paper-tables.ts';
import type { FigureNumber, Parts } from './parts.ts';
import { datasets } from './settings.ts';
import { countsOf } from './survey-data.ts';
import type { Surveys } from './survey-datasets.ts';

/** The tables and trained figures that the data allows. */
export interface AllowedParts {
  readonly tables: readonly PaperTable[];
  readonly figures: ReadonlySet<FigureNumber>;
}

/** Divides the chosen tables and figures into those that the data allows and the others. Figure 2 has no data of its own. */
export function divideParts(
  parts: Parts,
  surveys: Surveys,
): { readonly allowed: AllowedParts; readonly missing: readonly Missing[] } {
  const chosen = paperTables.filter(({ table }) => parts.tables.has(table));
  const tables = chosen.map((table) => ({ table, needed: neededFor(table, surveys) }));
  const trained = [...parts.figures].filter((figure) => figure !== 2);
  const neededByFigures = neededFor({ dataset: 'movielens', setting: 'scenarios' }, surveys);
  const missingTables = tables.flatMap(({ table, needed }) => (needed ? [{ title: titleOf(table), needed }] : []));
  const missingFigures = trained.flatMap((figure) =>
    neededByFigures ? [{ title: `Figure ${figure}`, needed: neededByFigures }] : [],
  );
  return {
    allowed: {
      tables: tables.flatMap(({ table, needed }) => (needed ? [] : [table])),
      figures: new Set(neededByFigures ? [] : trained),
    },
    missing: [...missingTables, ...missingFigures],
  };
}

/** Returns what a table lacks; `undefined` if the data allows it. */
function neededFor(
  { dataset, setting }: Pick<PaperTable, 'dataset' | 'setting'>,
  surveys: Surveys,
): string | undefined {
  const survey = surveys[dataset];
  if (!survey) return `expected ${datasets[dataset].needed}`;
  const counts = countsOf(survey, setting);
  return 'refused' in counts ? counts.refused : undefined;
}
