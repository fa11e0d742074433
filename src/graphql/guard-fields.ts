import { defaultFieldResolver, type GraphQLFieldResolver, type GraphQLSchema, isObjectType } from 'graphql';
import { allows, type FieldRule, refusal } from './field-rule.ts';
import type { RequestContext } from './request-context.ts';

/** A rule for every field of every type. */
export type FieldRules = Readonly<Record<string, Readonly<Record<string, FieldRule<never, never>>>>>;

/**
 * Puts each field's rule in front of its resolver, in place: a resolver runs only for those who may use its field. Throws when
 * a field has no rule, naming it, and when a rule has no field. Introspection and `__typename` have no resolvers of ours, and
 * so stay open.
 */
export function guardFields(schema: GraphQLSchema, rules: FieldRules): GraphQLSchema {
  checkRules(schema, rules);
  for (const { type, fields } of typesOf(schema)) {
    for (const [name, field] of Object.entries(fields)) {
      const rule = rules[type]?.[name] as FieldRule<unknown, unknown>;
      field.resolve = guard(`${type}.${name}`, rule, field.resolve ?? defaultFieldResolver);
    }
  }
  return schema;
}

type Resolve = GraphQLFieldResolver<unknown, RequestContext>;

function guard(field: string, rule: FieldRule<unknown, unknown>, resolve: Resolve): Resolve {
  return (source, args, context, info) => {
    const answer = (allowed: boolean) => {
      if (!allowed) throw refusal(field, rule, context.principal);
      const value = resolve(source, args, context, info);
      return rule.conceal ? conceal(rule.conceal, value, args, context) : value;
    };
    const allowed = allows(rule, source, args, context);
    return allowed instanceof Promise ? allowed.then(answer) : answer(allowed);
  };
}

async function conceal(
  visible: NonNullable<FieldRule<unknown, unknown>['conceal']>,
  value: unknown,
  args: unknown,
  context: RequestContext,
): Promise<unknown> {
  return visible(await value, args, context);
}

function typesOf(schema: GraphQLSchema) {
  return Object.values(schema.getTypeMap())
    .filter(isObjectType)
    .filter(({ name }) => !name.startsWith('__'))
    .map((type) => ({ type: type.name, fields: type.getFields() }));
}

function checkRules(schema: GraphQLSchema, rules: FieldRules): void {
  const fields = new Set(
    typesOf(schema).flatMap(({ type, fields }) => Object.keys(fields).map((name) => `${type}.${name}`)),
  );
  const ruled = new Set(
    Object.entries(rules).flatMap(([type, of]) => Object.keys(of).map((name) => `${type}.${name}`)),
  );
  const faults = [
    ...[...fields].filter((field) => !ruled.has(field)).map((field) => `${field} has no rule`),
    ...[...ruled]
      .filter((field) => !fields.has(field))
      .map((field) => `${field} has a rule, but is no field`),
  ];
  if (faults.length > 0) throw new Error(`src/graphql/access-rules.ts: ${faults.join('; ')}`);
}
