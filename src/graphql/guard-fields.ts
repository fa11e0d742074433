import type { GraphQLSchema } from 'graphql';
import { allows, type FieldRule, refusal } from './field-rule.ts';
import { type Resolve, typesOf, wrapResolvers } from './wrap-resolvers.ts';

/** A rule for every field of every type. */
export type FieldRules = Readonly<Record<string, Readonly<Record<string, FieldRule<never, never>>>>>;

/**
 * Puts the rule of each field in front of its resolver, in place: a resolver runs only for callers who may use its
 * field. Throws, naming the field, when a field has no rule or a rule has no field. Introspection and `__typename`
 * stay open, because the schema has no resolvers for them.
 */
export function guardFields(schema: GraphQLSchema, rules: FieldRules): GraphQLSchema {
  checkRules(schema, rules);
  return wrapResolvers(schema, (resolve, type, field) => {
    const rule = rules[type]?.[field] as FieldRule<unknown, unknown>;
    return guard(`${type}.${field}`, rule, resolve);
  });
}

function guard(field: string, rule: FieldRule<unknown, unknown>, resolve: Resolve): Resolve {
  const { conceal } = rule;
  const answer: Resolve = conceal
    ? async (source, args, context, info) => conceal(await resolve(source, args, context, info), args, context)
    : resolve;
  const answerIf =
    (...given: Parameters<Resolve>) =>
    (allowed: boolean) => {
      if (!allowed) throw refusal(field, rule, given[2].principal);
      return answer(...given);
    };
  // A page has thousands of fields: nearly all are decided by the role alone, without a promise or a closure.
  return (source, args, context, info) => {
    const allowed = allows(rule, source, args, context);
    if (allowed === true) return answer(source, args, context, info);
    const then = answerIf(source, args, context, info);
    return allowed ? allowed.then(then) : then(false);
  };
}

function checkRules(schema: GraphQLSchema, rules: FieldRules): void {
  const fields = new Set(
    typesOf(schema).flatMap(({ type, fields }) => Object.keys(fields).map((name) => `${type}.${name}`)),
  );
  const ruled = new Set(
    Object.entries(rules).flatMap(([type, of]) => Object.keys(of).map((name) => `${type}.${name}`)),
  );
  const problems = [
    ...[...fields].filter((field) => !ruled.has(field)).map((field) => `${field} has no rule`),
    ...[...ruled].filter((field) => !fields.has(field)).map((field) => `${field} has a rule, but is not a field`),
  ];
  if (problems.length > 0) throw new Error(`src/graphql/access-rules.ts: ${problems.join('; ')}`);
}
