import { defaultFieldResolver, type GraphQLFieldResolver, type GraphQLSchema, isObjectType } from 'graphql';
import type { RequestContext } from './request-context.ts';

export type Resolve = GraphQLFieldResolver<unknown, RequestContext>;

/** Wraps the resolver of one field, or returns it unchanged. */
export type WrapResolver = (resolve: Resolve, type: string, field: string) => Resolve;

/** Wraps the resolver of every field, in place. Introspection and `__typename` have no resolvers to wrap. */
export function wrapResolvers(schema: GraphQLSchema, wrap: WrapResolver): GraphQLSchema {
  for (const { type, fields } of typesOf(schema)) {
    for (const [name, field] of Object.entries(fields)) {
      field.resolve = wrap(field.resolve ?? defaultFieldResolver, type, name);
    }
  }
  return schema;
}

/** The object types of a schema and their fields, without those of introspection. */
export function typesOf(schema: GraphQLSchema) {
  return Object.values(schema.getTypeMap())
    .filter(isObjectType)
    .filter(({ name }) => !name.startsWith('__'))
    .map((type) => ({ type: type.name, fields: type.getFields() }));
}
