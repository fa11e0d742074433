import { Command, InvalidArgumentError, Option } from 'commander';
import { z } from 'zod';
import { createApiKey, listApiKeys, revokeApiKey } from '../access/api-keys.ts';
import type { ApiKey, ApiKeyRole, Database } from '../store/database.ts';
import { positiveInteger } from './arguments.ts';
import { withStore } from './open-store.ts';
import { print } from './terminal.ts';

const roles = { client: 'CLIENT', admin: 'ADMIN' } as const satisfies Record<string, ApiKeyRole>;

interface CreateOptions {
  readonly name: string;
  readonly role: keyof typeof roles;
  readonly expires?: Date;
}

export function keysCommand(): Command {
  return new Command('keys')
    .description('create, list and revoke API keys')
    .addCommand(createCommand())
    .addCommand(listCommand())
    .addCommand(revokeCommand());
}

function createCommand(): Command {
  return new Command('create')
    .description('create a key and print its secret to standard output; the secret is shown only once')
    .requiredOption('--name <name>', 'a name to recognize the key by, at most 100 characters')
    .addOption(
      new Option('--role <role>', 'what the key permits; see docs/security.md')
        .choices(Object.keys(roles))
        .makeOptionMandatory(),
    )
    .option(
      '--expires <time>',
      'when the key expires, such as 2027-01-31 or 2027-01-31T12:00:00Z (default: never)',
      time,
    )
    .action(({ name, role, expires }: CreateOptions) =>
      withStore(async ({ database }) => {
        const { apiKey, secret } = await createApiKey(database, {
          name,
          role: roles[role],
          expiresAt: expires,
        });
        print(secret);
        process.stderr.write(
          `Created key ${apiKey.id} for ${role === 'admin' ? 'an admin' : 'a client'}. Save the secret now: it is not stored.\n`,
        );
      }),
    );
}

function listCommand(): Command {
  return new Command('list')
    .description('list all keys, newest first')
    .action(() => withStore(async ({ database }) => printKeys(database)));
}

function revokeCommand(): Command {
  return new Command('revoke')
    .description('revoke a key; servers refuse it from the next request on')
    .argument('<id>', 'the ID of the key, as shown by `keys list`', positiveInteger)
    .action((id: number) =>
      withStore(async ({ database }) => {
        const { name, prefix } = await revokeApiKey(database, id);
        print(`revoked: ${id}, ${prefix}…, ${printable(name)}`);
      }),
    );
}

const keysPerPage = 1000;

async function printKeys(database: Database): Promise<void> {
  let keys = await listApiKeys(database, keysPerPage);
  print('id\trole\tkey\tstate\tlast used\tname');
  while (keys.length > 0) {
    for (const key of keys) print(rowOf(key));
    keys = await listApiKeys(database, keysPerPage, keys.at(-1)?.id);
  }
}

function rowOf(key: ApiKey): string {
  const used = key.lastUsedAt?.toISOString() ?? 'never';
  return [key.id, key.role.toLowerCase(), `${key.prefix}…`, stateOf(key), used, printable(key.name)].join('\t');
}

function stateOf({ revokedAt, expiresAt }: ApiKey): string {
  if (revokedAt) return `revoked ${revokedAt.toISOString()}`;
  if (!expiresAt) return 'valid';
  return `${expiresAt > new Date() ? 'valid until' : 'expired'} ${expiresAt.toISOString()}`;
}

/** Replaces control characters, since a key's name must not control the terminal. */
function printable(name: string): string {
  return name.replaceAll(/\p{Cc}/gu, ' ');
}

const timeForm = z.iso.datetime({ offset: true }).or(z.iso.date());

function time(text: string): Date {
  if (timeForm.safeParse(text).success) return new Date(text);
  throw new InvalidArgumentError('expected an ISO 8601 date, or a date and time with a time zone');
}
