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
  const { conceal } = rule;
  const answer: Resolve = conceal
    ? async (source, args, context, info) =>
        conceal(await resolve(source, args, context, info), args, context)
    : resolve;
  const answerIf =
    (...given: Parameters<Resolve>) =>
    (allowed: boolean) => {
      if (!allowed) throw refusal(field, rule, given[2].principal);
      return answer(...given);
    };
  // Of a page of a thousand fields nearly all are allowed at once, and cost nothing but the look at the role.
  return (source, args, context, info) => {
    const allowed = allows(rule, source, args, context);
    if (allowed === true) return answer(source, args, context, info);
    const then = answerIf(source, args, context, info);
    return allowed ? allowed.then(then) : then(false);
  };
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
