import { WarmstartError } from '../common/errors.ts';
import { paperTables } from './paper-tables.ts';

/** The figures of the paper with results. Figure 1 is a drawing of the model. */
const figures = [2, 3, 4] as const;
export type FigureNumber = (typeof figures)[number];

/** The tables and figures to make. */
export interface Parts {
  readonly tables: ReadonlySet<number>;
  readonly figures: ReadonlySet<FigureNumber>;
  /** The option that chose them, to repeat in a command. Empty for all. */
  readonly option: string;
}

const tableNumbers = [...new Set(paperTables.map(({ table }) => table))];
const partNames = [...tableNumbers.map((table) => `table-${table}`), ...figures.map((figure) => `figure-${figure}`)];

/**
 * Returns the named tables and figures, such as `table-3`, by default all. Throws INVALID_CONFIGURATION if there is
 * none of a name, or if figure 2 has no table.
 */
export function partsNamed(given?: readonly string[]): Parts {
  const names = given ?? partNames;
  const wrong = names.find((name) => !partNames.includes(name));
  if (wrong !== undefined)
    throw new WarmstartError(
      'INVALID_CONFIGURATION',
      `--only: expected some of ${partNames.join(', ')}, got "${wrong}"`,
    );
  if (names.includes('figure-2') && !names.some((name) => name.startsWith('table-')))
    throw new WarmstartError(
      'INVALID_CONFIGURATION',
      '--only: expected a table beside figure-2, which shows the cost of the models of the tables',
    );
  return {
    tables: new Set(tableNumbers.filter((table) => names.includes(`table-${table}`))),
    figures: new Set(figures.filter((figure) => names.includes(`figure-${figure}`))),
    option: given ? ` --only ${given.join(',')}` : '',
  };
}
