import { maxAliasesRule } from '@escape.tech/graphql-armor-max-aliases';
import { maxDepthRule } from '@escape.tech/graphql-armor-max-depth';
import { maxDirectivesRule } from '@escape.tech/graphql-armor-max-directives';
import { GraphQLError, type ValidationContext, type ValidationRule } from 'graphql';
import type { Limits } from '../access/limits.ts';
import { WarmstartError } from '../common/errors.ts';

/** The rules by which a document is refused with OPERATION_TOO_LARGE before anything of it is executed. */
export function operationLimits({ depth, aliases, directives }: Limits): ValidationRule[] {
  const rules = [
    maxDepthRule({ n: depth, flattenFragments: true, ...refusing('depth', depth, 'levels of fields') }),
    maxAliasesRule({ n: aliases, allowList: [], ...refusing('aliases', aliases, 'aliases') }),
    maxDirectivesRule({ n: directives, ...refusing('directives', directives, 'directives') }),
  ];
  return rules as ValidationRule[];
}

/** By themselves the rules throw, which would be taken for a fault of ours, and say "Syntax Error". */
function refusing(what: string, most: number, unit: string) {
  const report = (context: ValidationContext | null, { message }: GraphQLError) => {
    const got = /found (\d+)/.exec(message)?.[1] ?? 'more';
    context?.reportError(tooLarge(what, `expected at most ${most} ${unit}, got ${got}`));
  };
  return { propagateOnRejection: false, onReject: [report] };
}

function tooLarge(what: string, fault: string): GraphQLError {
  const message = `${what}: ${fault}; ask for less at once`;
  return new GraphQLError(message, { originalError: new WarmstartError('OPERATION_TOO_LARGE', message) });
}
