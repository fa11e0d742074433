import { positiveFrom } from '../catalog/interaction-value.ts';
import type { Config } from '../config.ts';
import { countedPositivesFrom } from '../store/count-positives-from.ts';
import type { Database } from '../store/database.ts';

/** Writes a line to standard error if the settings have another rating scale than the one that popularity counts by. */
export async function warnOfRatingScale(database: Database, { ratingScale }: Config): Promise<void> {
  const counted = await countedPositivesFrom(database);
  const configured = positiveFrom(ratingScale);
  if (counted === configured) return;
  process.stderr.write(
    `warning: WARMSTART_RATING_MINIMUM and WARMSTART_RATING_MAXIMUM make ratings from ${configured} on positive, ` +
      `but popularity counts them from ${counted} on; use the same two values as serve, or run migrate with the new values to count again\n`,
  );
}
