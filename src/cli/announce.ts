import { hasUsableApiKey } from '../access/api-keys.ts';
import type { Store } from './open-store.ts';
import { print } from './terminal.ts';

const howToMakeAKey =
  'There is no API key yet. Without a key, only users with tokens can send requests. Create one: npm run -s cli -- keys create --name NAME --role admin';

/** Prints where the data is and where the API is. */
export async function announce({ database, place }: Store, url: string): Promise<void> {
  if (!(await hasUsableApiKey(database))) print(howToMakeAKey);
  print(`${place}\nGraphQL on ${url}`);
}
