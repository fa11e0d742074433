import { createApiKey } from '../../src/access/api-keys.ts';
import type { Store } from '../../src/cli/open-store.ts';
import { servePlatform } from '../../src/cli/serve-platform.ts';
import { openTelemetry } from '../../src/cli/telemetry.ts';
import type { Config } from '../../src/config.ts';
import { countStatements } from '../../test/support/count-statements.ts';
import type { Catalog } from './data.ts';
import { outcomeOfAnswer } from './outcome-of-answer.ts';
import { printHeading, printRow } from './report.ts';
import { type NextBody, type Operation, operationNames, requestsFor } from './traffic.ts';

const repetitions = 20;

/** Of all operations but `__typename`, whose statements are those that verify a key. */
const counted = (Object.keys(operationNames) as Operation[]).filter((operation) => operation !== 'typename');

/**
 * Counts the SQL statements of each operation on a server in this process, where they can be counted. The mean of
 * repetitions includes what is done less often than once for each request, such as verifying a key every second.
 */
export async function countPerOperation(
  store: Store,
  config: Config,
  catalog: Catalog,
): Promise<Record<string, number>> {
  printHeading('SQL statements per operation');
  const { secret } = await createApiKey(store.database, { name: 'statements', role: 'CLIENT' });
  const telemetry = await openTelemetry({ ...config, logLevel: 'silent' });
  const server = await servePlatform({ ...config, port: 0 }, store, telemetry);
  const perOperation: Record<string, number> = {};
  try {
    for (const operation of counted) {
      const value = await meanStatements(server.url, secret, requestsFor(operation, catalog));
      const target = operation === 'user' || operation === 'visitor' ? '2' : undefined;
      printRow({ what: operationNames[operation], value, unit: '', ...(target !== undefined && { target }) });
      perOperation[operation] = value;
    }
  } finally {
    await server.close();
  }
  return perOperation;
}

async function meanStatements(url: string, key: string, nextBody: NextBody): Promise<number> {
  await send(url, key, nextBody());
  const statements = await countStatements(async () => {
    for (let repetition = 0; repetition < repetitions; repetition++) await send(url, key, nextBody());
  });
  return statements / repetitions;
}

async function send(url: string, key: string, body: string): Promise<void> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` };
  const response = await fetch(url, { method: 'POST', headers, body });
  const text = await response.text();
  if (outcomeOfAnswer(response.status, text) !== 'answered') throw new Error(`${body} returned ${text}`);
}
