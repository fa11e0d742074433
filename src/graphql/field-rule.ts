import type { Principal, Role } from '../access/principal.ts';
import { WarmstartError } from '../common/errors.ts';
import type { RequestContext } from './request-context.ts';

/** Who may use a field. `Source` is the value from which the field's object is resolved. */
export interface FieldRule<Source, Arguments> {
  /** The permitted callers in words, for the message to others. */
  readonly who: string;
  /** These roles may always use it. */
  readonly roles: readonly Role[];
  /** Returns the external IDs of the users whom the field is about. A user may use it if all of them are that user. */
  readonly owners?: (
    source: Source,
    args: Arguments,
    context: RequestContext,
  ) => readonly string[] | Promise<readonly string[]>;
  /** Returns the part of the field's value that the caller may see. */
  readonly conceal?: (value: unknown, args: Arguments, context: RequestContext) => unknown;
}

const signedInRoles = ['USER', 'CLIENT', 'ADMIN'] as const;

export const signedIn: FieldRule<unknown, unknown> = {
  who: 'signed-in callers',
  roles: signedInRoles,
};

export const client: FieldRule<unknown, unknown> = {
  who: 'API keys of clients and admins',
  roles: ['CLIENT', 'ADMIN'],
};

export const admin: FieldRule<unknown, unknown> = { who: 'API keys of admins', roles: ['ADMIN'] };

/** API keys may use the field for any user; a user's token only for that user. */
export function self<Source, Arguments>(
  owners: NonNullable<FieldRule<Source, Arguments>['owners']>,
): FieldRule<Source, Arguments> {
  const who = 'API keys of clients and admins, and the user whom it is about';
  return { who, roles: client.roles, owners };
}

/** Signed-in callers may use the field, and see the part of its value that `conceal` leaves. */
export function concealed<Arguments>(
  conceal: NonNullable<FieldRule<unknown, Arguments>['conceal']>,
): FieldRule<unknown, Arguments> {
  return { ...signedIn, conceal };
}

/** Whether the caller may use the field. A promise only if the owners must be loaded. */
export function allows<Source, Arguments>(
  { roles, owners }: FieldRule<Source, Arguments>,
  source: Source,
  args: Arguments,
  context: RequestContext,
): boolean | Promise<boolean> {
  const { principal } = context;
  if (roles.includes(principal.role)) return true;
  if (principal.role !== 'USER' || !owners) return false;
  const all = owners(source, args, context);
  const { userId } = principal;
  return all instanceof Promise ? all.then((ids) => areAll(ids, userId)) : areAll(all, userId);
}

function areAll(ids: readonly string[], userId: string): boolean {
  return ids.every((id) => id === userId);
}

const callers: Readonly<Record<Exclude<Role, 'ANONYMOUS'>, string>> = {
  USER: 'the token of a user',
  CLIENT: 'the key of a client',
  ADMIN: 'the key of an admin',
};

/**
 * Returns the error for a caller who may not use the field: UNAUTHENTICATED without a credential, otherwise FORBIDDEN.
 */
export function refusal(
  field: string,
  { who }: Pick<FieldRule<never, never>, 'who'>,
  { role }: Principal,
): WarmstartError {
  return role === 'ANONYMOUS'
    ? new WarmstartError(
        'UNAUTHENTICATED',
        `${field} is for ${who}; send an API key or a user’s token as \`Authorization: Bearer …\``,
      )
    : new WarmstartError('FORBIDDEN', `${field} is for ${who}; the request has ${callers[role]}`);
}
