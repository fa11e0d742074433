import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { buildSchema, type GraphQLSchema } from 'graphql';
import { projectRoot } from '../../src/common/project-root.ts';
import { anyOperation, rememberValues } from '../../test/support/any-operation.ts';
import type { Ask } from '../../test/support/server-client.ts';
import { printHeading, printRow } from '../serving/report.ts';
import type { Platform } from './platform.ts';
import type { StoredData } from './stored-data.ts';

export interface Fuzz {
  readonly operations: number;
  /** Operations with the error `INTERNAL_SERVER_ERROR`. */
  readonly internalErrors: number;
  /** Operations whose connection was lost. */
  readonly unanswered: number;
}

const atOnce = 8;

/** Sends arbitrary operations to a server. Each fits the schema, and its arguments can be absurd. */
export async function measureFuzz(platform: Platform, { catalog, key }: StoredData, operations: number): Promise<Fuzz> {
  printHeading('Arbitrary operations');
  const schema = buildSchema(await readFile(join(projectRoot, 'schema.graphql'), 'utf8'));
  const server = await platform.startServer(key);
  try {
    const fuzzer = new Fuzzer(server.ask, schema, [...catalog.users.slice(0, 10), ...catalog.items.slice(0, 10)]);
    await fuzzer.forgetOwnKey();
    const rounds = fc.asyncProperty(fc.gen(), (draw) => fuzzer.round(draw));
    await fc.assert(rounds, { numRuns: Math.ceil(operations / atOnce), endOnFailure: true });
    return report(fuzzer.counts);
  } finally {
    await server.stop();
  }
}

class Fuzzer {
  readonly counts = { operations: 0, internalErrors: 0, unanswered: 0 };
  readonly #ask: Ask;
  readonly #schema: GraphQLSchema;
  /** IDs and cursors for use in operations. */
  readonly #known: Set<string>;
  #ownKey = '';

  constructor(ask: Ask, schema: GraphQLSchema, known: readonly string[]) {
    this.#ask = ask;
    this.#schema = schema;
    this.#known = new Set(known);
  }

  /** Keeps operations from revoking the key with which they are sent. */
  async forgetOwnKey(): Promise<void> {
    const { data } = await this.#ask('{ apiKeys(first: 1) { edges { node { id } } } }');
    this.#ownKey = data.apiKeys.edges[0].node.id;
  }

  async round(draw: Parameters<typeof anyOperation>[1]): Promise<void> {
    const known = [...this.#known];
    const operations = Array.from({ length: atOnce }, () => anyOperation(this.#schema, draw, known));
    await Promise.all(operations.map(({ query, variables }) => this.#send(query, variables)));
  }

  async #send(query: string, variables: object): Promise<void> {
    this.counts.operations++;
    const answer = await this.#ask(query, variables).catch(() => undefined);
    const isInternal = answer?.errors?.some(({ extensions }) => extensions.code === 'INTERNAL_SERVER_ERROR');
    if (answer === undefined) this.counts.unanswered++;
    if (isInternal) this.counts.internalErrors++;
    if (answer === undefined || isInternal) process.stderr.write(`${JSON.stringify({ query, variables, answer })}\n`);
    rememberValues(this.#known, answer?.data);
    this.#known.delete(this.#ownKey);
  }
}

function report(counts: Fuzz): Fuzz {
  const unit = `of ${counts.operations}`;
  printRow({ what: 'operations with INTERNAL_SERVER_ERROR', value: counts.internalErrors, unit, target: '0' });
  printRow({ what: 'operations without an answer', value: counts.unanswered, unit, target: '0' });
  return counts;
}
