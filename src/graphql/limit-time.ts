import type { GraphQLSchema } from 'graphql';
import { wrapResolvers } from './wrap-resolvers.ts';

/**
 * Ends queries with the time of their operation, in place: no resolver begins after it, and nobody waits for those that
 * have begun. Fields of mutations run to their end, because a change that is stored must not be answered as failed.
 */
export function limitTime(schema: GraphQLSchema): GraphQLSchema {
  return wrapResolvers(schema, (resolve) => (source, args, context, info) => {
    if (info.operation.operation === 'mutation') return resolve(source, args, context, info);
    const { time } = context.request;
    time.check();
    const value = resolve(source, args, context, info);
    // Prisma's promises are not instances of Promise.
    return typeof (value as PromiseLike<unknown> | null)?.then === 'function' ? time.within(value as never) : value;
  });
}
