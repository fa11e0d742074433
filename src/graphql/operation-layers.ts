import type { ApolloServerOptions, ApolloServerPlugin } from '@apollo/server';
import type { GraphQLSchema } from 'graphql';
import type { Authenticate } from '../access/authenticate.ts';
import type { Limits } from '../access/limits.ts';
import { accessRules } from './access-rules.ts';
import { admissionPlugin } from './admission-plugin.ts';
import { authenticationPlugin } from './authentication-plugin.ts';
import { formatError } from './format-error.ts';
import { guardFields } from './guard-fields.ts';
import { limitTime } from './limit-time.ts';
import { renewLoaders } from './loaders.ts';
import { type Observers, observationPlugin, observeRootFields } from './observation.ts';
import { operationLimits } from './operation-limits.ts';
import type { RequestContext } from './request-context.ts';
import { wrapResolvers } from './wrap-resolvers.ts';

/** Something that every operation passes on its way to its resolvers. */
export interface OperationLayer {
  /** Settings of Apollo Server that belong to this layer alone. */
  readonly settings?: Pick<ApolloServerOptions<RequestContext>, 'parseOptions' | 'validationRules' | 'formatError'>;
  /** Acts once for each operation, before it is executed or when it is answered. */
  readonly plugin?: ApolloServerPlugin<RequestContext>;
  /** Wraps resolvers, in place. */
  readonly wrapResolvers?: (schema: GraphQLSchema) => GraphQLSchema;
}

export interface OperationLayerOptions extends Observers {
  readonly limits: Limits;
  /** Whether clients can read the schema. If not, messages do not suggest names from it. */
  readonly introspection: boolean;
  readonly authenticate: Authenticate;
}

/**
 * Everything that stands between an operation and its resolvers, in the order in which it acts: first what acts on the
 * operation, then what wraps each resolver, outermost first.
 */
export function operationLayers(options: OperationLayerOptions): readonly OperationLayer[] {
  const { limits, introspection, authenticate } = options;
  return [
    // The size of the document comes first: all later layers walk through the document, and this bounds their work.
    { settings: { parseOptions: { maxTokens: limits.tokens }, validationRules: operationLimits(limits) } },

    // Checks the sizes of the input, then charges the cost. This comes before authentication, so that an operation that
    // is refused here costs no statement, not even the one that looks up its key.
    { plugin: admissionPlugin(limits.cost, !introspection) },

    // Resolvers and their access rules need to know the caller. An invalid credential refuses the whole operation.
    { plugin: authenticationPlugin(authenticate) },

    // Names the span of an operation once it is admitted. Counts and times every operation, refused ones too: its clock
    // starts with the request, and it reports when the response is sent.
    { plugin: observationPlugin(options) },

    // The outermost wrapper of a resolver: it bounds the wait for everything that belongs to a field, its rule too.
    { wrapResolvers: limitTime },

    // Nothing runs, and nothing is measured, for a field that the caller may not use.
    { wrapResolvers: (schema) => guardFields(schema, accessRules) },

    // Inside the guard, so that durations and spans are those of resolvers that ran.
    { wrapResolvers: (schema) => observeRootFields(schema, options) },

    // The innermost wrapper. It runs as soon as a mutation has succeeded, so that the payload, the next mutation of
    // the request and later requests read what has changed.
    { wrapResolvers: renewAfterMutations },

    // On the way back, and after all others: turns an error of any layer or resolver into what the client may see.
    { settings: { formatError } },
  ];
}

function renewAfterMutations(schema: GraphQLSchema): GraphQLSchema {
  return wrapResolvers(schema, (resolve, type) => {
    if (type !== 'Mutation') return resolve;
    return async (root, args, context, info) => {
      const payload = await resolve(root, args, context, info);
      renewLoaders(context.loaders);
      // The history of a user is read for each list, and popularity follows within a second.
      if (info.fieldName !== 'recordInteractions' && !isRefusal(payload)) context.catalog.noteWrite();
      return payload;
    };
  });
}

/** Whether the payload of a mutation says that nothing was stored. */
function isRefusal(payload: unknown): boolean {
  return ((payload as { readonly userErrors?: readonly unknown[] } | null)?.userErrors?.length ?? 0) > 0;
}
