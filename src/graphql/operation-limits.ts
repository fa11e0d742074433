import { maxAliasesRule } from '@escape.tech/graphql-armor-max-aliases';
import { maxDepthRule } from '@escape.tech/graphql-armor-max-depth';
import { maxDirectivesRule } from '@escape.tech/graphql-armor-max-directives';
import { GraphQLError, type ValidationContext, type ValidationRule } from 'graphql';
import type { Limits } from '../access/limits.ts';
import { WarmstartError } from '../common/errors.ts';

/**
 * Returns validation rules that refuse a document that is too deep or has too many aliases or directives:
 * OPERATION_TOO_LARGE.
 */
export function operationLimits({ depth, aliases, directives }: Limits): ValidationRule[] {
  const rules = [
    maxDepthRule({ n: depth, flattenFragments: true, ...refusing('depth', depth, 'levels of fields') }),
    maxAliasesRule({ n: aliases, allowList: [], ...refusing('aliases', aliases, 'aliases') }),
    maxDirectivesRule({ n: directives, ...refusing('directives', directives, 'directives') }),
  ];
  return rules as ValidationRule[];
}

/**
 * By default the rules throw an error that says "Syntax Error" and has no code. These options report one with a code.
 */
function refusing(what: string, max: number, unit: string) {
  const report = (context: ValidationContext | null, { message }: GraphQLError) => {
    const got = /found (\d+)/.exec(message)?.[1] ?? 'more';
    context?.reportError(tooLarge(what, `expected at most ${max} ${unit}, got ${got}`));
  };
  return { propagateOnRejection: false, onReject: [report] };
}

function tooLarge(what: string, problem: string): GraphQLError {
  const message = `${what}: ${problem}; request less at once`;
  return new GraphQLError(message, { originalError: new WarmstartError('OPERATION_TOO_LARGE', message) });
}
