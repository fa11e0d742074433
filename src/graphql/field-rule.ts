import type { Principal, Role } from '../access/principal.ts';
import { WarmstartError } from '../common/errors.ts';
import type { RequestContext } from './request-context.ts';

/** Who may use a field. `Source` is what the field's own object is made of. */
export interface FieldRule<Source, Arguments> {
  /** In words, for those who may not. */
  readonly who: string;
  /** They may always. */
  readonly roles: readonly Role[];
  /** The client's ids of the users whom it is about; a user may when each of them is that user. */
  readonly owners?: (
    source: Source,
    args: Arguments,
    context: RequestContext,
  ) => readonly string[] | Promise<readonly string[]>;
  /** What the caller sees of the field's value. */
  readonly conceal?: (value: unknown, args: Arguments, context: RequestContext) => unknown;
}

const signedInRoles = ['USER', 'CLIENT', 'ADMIN'] as const;

export const signedIn: FieldRule<unknown, unknown> = {
  who: 'whoever is signed in',
  roles: signedInRoles,
};

export const client: FieldRule<unknown, unknown> = {
  who: 'API keys of clients and admins',
  roles: ['CLIENT', 'ADMIN'],
};

export const admin: FieldRule<unknown, unknown> = { who: 'API keys of admins', roles: ['ADMIN'] };

/** For keys, about anybody; for a user, about nobody else. */
export function self<Source, Arguments>(
  owners: NonNullable<FieldRule<Source, Arguments>['owners']>,
): FieldRule<Source, Arguments> {
  const who = 'API keys of clients and admins, and for the user whom it is about';
  return { who, roles: client.roles, owners };
}

/** For whoever is signed in, who see of its value what they may. */
export function concealed<Arguments>(
  conceal: NonNullable<FieldRule<unknown, Arguments>['conceal']>,
): FieldRule<unknown, Arguments> {
  return { ...signedIn, conceal };
}

/** Whether the caller may use the field; a promise only where that has to be looked up. */
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

/** The error for a caller who may not: UNAUTHENTICATED when nobody is signed in, FORBIDDEN otherwise. */
export function refusal(
  field: string,
  { who }: Pick<FieldRule<never, never>, 'who'>,
  { role }: Principal,
): WarmstartError {
  return role === 'ANONYMOUS'
    ? new WarmstartError(
        'UNAUTHENTICATED',
        `${field} is for ${who}: send an API key or a user’s token as \`Authorization: Bearer …\``,
      )
    : new WarmstartError('FORBIDDEN', `${field} is for ${who}; what came is ${callers[role]}`);
}
