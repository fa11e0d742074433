import { Command, InvalidArgumentError, Option } from 'commander';
import { z } from 'zod';
import { createApiKey, listApiKeys, revokeApiKey } from '../access/api-keys.ts';
import { readConfig } from '../config.ts';
import type { ApiKey, ApiKeyRole, Database } from '../store/database.ts';
import { positiveInteger } from './integer-argument.ts';
import { openStore } from './open-store.ts';
import { print } from './print.ts';

const roles = { client: 'CLIENT', admin: 'ADMIN' } as const satisfies Record<string, ApiKeyRole>;

interface CreateOptions {
  readonly name: string;
  readonly role: keyof typeof roles;
  readonly expires?: Date;
}

export function keysCommand(): Command {
  return new Command('keys')
    .description('make, list and revoke API keys')
    .addCommand(createCommand())
    .addCommand(listCommand())
    .addCommand(revokeCommand());
}

function createCommand(): Command {
  return new Command('create')
    .description('make a key; its secret, alone on standard output, is shown this once')
    .requiredOption('--name <name>', 'for people, at most 100 characters')
    .addOption(
      new Option('--role <role>', 'what it allows; docs/security.md says what that is')
        .choices(Object.keys(roles))
        .makeOptionMandatory(),
    )
    .option('--expires <time>', 'when it ends by itself, as in 2027-01-31 or 2027-01-31T12:00:00Z', time)
    .action(({ name, role, expires }: CreateOptions) =>
      onStore(async (database) => {
        const { apiKey, secret } = await createApiKey(database, {
          name,
          role: roles[role],
          expiresAt: expires,
        });
        print(secret);
        process.stderr.write(
          `Key ${apiKey.id}, for ${role === 'admin' ? 'an admin' : 'a client'}. Keep it: it is stored nowhere.\n`,
        );
      }),
    );
}

function listCommand(): Command {
  return new Command('list')
    .description('list the keys, the latest first')
    .action(() => onStore(async (database) => printKeys(database)));
}

function revokeCommand(): Command {
  return new Command('revoke')
    .description('end a key; servers refuse it from their next request on')
    .argument('<id>', 'the number that `keys list` shows', positiveInteger)
    .action((id: number) =>
      onStore(async (database) => {
        const { name, prefix } = await revokeApiKey(database, id);
        print(`revoked: ${id}, ${prefix}…, ${printable(name)}`);
      }),
    );
}

async function onStore(work: (database: Database) => Promise<void>): Promise<void> {
  const store = await openStore(readConfig(process.env));
  try {
    await work(store.database);
  } finally {
    await store.close();
  }
}

const keysAtATime = 1000;

async function printKeys(database: Database): Promise<void> {
  let keys = await listApiKeys(database, keysAtATime);
  print('id\trole\tkey\tstate\tlast used\tname');
  while (keys.length > 0) {
    for (const key of keys) print(rowOf(key));
    keys = await listApiKeys(database, keysAtATime, keys.at(-1)?.id);
  }
}

function rowOf(key: ApiKey): string {
  const used = key.lastUsedAt?.toISOString() ?? 'never';
  return [key.id, key.role.toLowerCase(), `${key.prefix}…`, stateOf(key), used, printable(key.name)].join(
    '\t',
  );
}

function stateOf({ revokedAt, expiresAt }: ApiKey): string {
  if (revokedAt) return `revoked ${revokedAt.toISOString()}`;
  if (!expiresAt) return 'valid';
  return `${expiresAt > new Date() ? 'valid until' : 'expired'} ${expiresAt.toISOString()}`;
}

/** A name may have been given by somebody who wants the terminal to do something. */
function printable(name: string): string {
  return name.replaceAll(/\p{Cc}/gu, ' ');
}

const timeForm = z.iso.datetime({ offset: true }).or(z.iso.date());

function time(text: string): Date {
  if (timeForm.safeParse(text).success) return new Date(text);
  throw new InvalidArgumentError('expected a date, or a time with its zone, as ISO 8601 has them');
}
