import { z } from 'zod';
import { parseConfiguration } from '../../common/parse-configuration.ts';

/** There is nothing to configure; a field that does not exist is refused by name. */
const configSchema = z.strictObject({});

export type ItemPopularityConfig = z.output<typeof configSchema>;

/** Throws INVALID_CONFIGURATION, see `parseConfiguration`. */
export function parseItemPopularityConfig(input: unknown): ItemPopularityConfig {
  return Object.freeze(parseConfiguration(configSchema, input, 'The configuration of ItemPop'));
}
