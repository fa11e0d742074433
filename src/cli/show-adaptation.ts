import { upsertUsers } from '../catalog/upsert-users.ts';
import { type Database, sql } from '../store/database.ts';
import { print } from './terminal.ts';

const newUser = 'new-user';
const listLength = 10;

/** The address of a server, and the API key for requests to it. */
export interface ServerAccess {
  readonly url: string;
  readonly apiKey: string;
}

type RecommendationEdges = readonly {
  readonly node: { readonly externalId: string; readonly title: string };
  readonly score: number;
  readonly reason: string;
  readonly modelVersion: { readonly number: number } | null;
}[];

/** Prints a new user's recommendations, requested over HTTP, before and after three ratings of one taste. */
export async function showAdaptation(database: Database, access: ServerAccess): Promise<void> {
  await upsertUsers(database, [{ externalId: newUser, features: {} }]);
  const before = await recommendations(access);
  const taste = await pickTaste(database, before);
  for (const itemId of taste.itemIds) {
    await rate(access, itemId, 5);
  }
  const after = await recommendations(access);
  const inPool = (edges: RecommendationEdges) => edges.filter(({ node }) => taste.pool.has(node.externalId)).length;
  print(`\nThe user “${newUser}” gives 5 to ${taste.titles.join(', ')}.`);
  print(`These items are from the scenario “${taste.title}”. Items of that scenario are marked *:`);
  print(`${inPool(before)} of ${listLength} before the ratings, ${inPool(after)} of ${listLength} after.\n`);
  const titles = (edges: RecommendationEdges) =>
    edges.map(({ node }) => `${taste.pool.has(node.externalId) ? '*' : ' '} ${node.title}`);
  print(
    sideBySide([`before: ${reasonOf(before)}`, ...titles(before)], [`after: ${reasonOf(after)}`, ...titles(after)]),
  );
}

/** Returns a shell command that requests the new user's recommendations. */
export function curlCommand({ url, apiKey }: ServerAccess): string {
  const query = `{ recommendations(for: { user: "${newUser}" }, first: 3) { edges { node { title } score reason } } }`;
  const headers = `-H 'content-type: application/json' -H 'authorization: Bearer ${apiKey}'`;
  return `curl -s ${url} ${headers} -d '${JSON.stringify({ query })}'`;
}

interface Taste {
  readonly title: string;
  readonly itemIds: readonly string[];
  readonly titles: readonly string[];
  readonly pool: ReadonlySet<string>;
}

/** Users that are added to those whom chance would give, so that items of few users do not seem to belong together. */
const chanceUsers = 5;

/**
 * Picks the three most popular items of a scenario. It is the scenario with the fewest items in the list so far, so that
 * the taste is new to the user. If several have as few, it is the one whose three items belong together the most: the
 * users of all three, relative to what chance would give. Three items that everybody knows say little about a taste.
 */
async function pickTaste(database: Database, edges: RecommendationEdges): Promise<Taste> {
  const listed = edges.map(({ node }) => node.externalId);
  const [row] = await database.$queryRaw<{ title: string; itemIds: string[]; titles: string[]; pool: string[] }[]>(sql`
    WITH ranked AS (
      SELECT scenario_id, item_id, external_id, title, interactions, external_id = ANY(${listed}) AS listed,
        row_number() OVER (PARTITION BY scenario_id ORDER BY interactions DESC, item_id) AS place
      FROM scenario_items JOIN items ON items.id = item_id JOIN item_popularity USING (item_id)
    ),
    pools AS (
      SELECT scenario_id, array_agg(external_id) AS pool, count(*) FILTER (WHERE listed) AS listed,
        array_agg(external_id ORDER BY place) FILTER (WHERE place <= 3) AS "itemIds",
        array_agg(title ORDER BY place) FILTER (WHERE place <= 3) AS titles,
        sum(ln(greatest(interactions, 1))) FILTER (WHERE place <= 3) AS chance
      FROM ranked GROUP BY scenario_id
    ),
    fans AS (
      SELECT scenario_id, count(*) AS fans FROM (
        SELECT ranked.scenario_id, user_id FROM ranked JOIN interactions USING (item_id) WHERE place <= 3
        GROUP BY ranked.scenario_id, user_id HAVING count(DISTINCT item_id) = 3
      ) AS users_of_all GROUP BY scenario_id
    )
    SELECT scenarios.title, pool, "itemIds", titles
    FROM pools JOIN scenarios ON scenarios.id = scenario_id LEFT JOIN fans USING (scenario_id),
      (SELECT count(DISTINCT user_id) AS users FROM interactions) AS everybody
    ORDER BY listed, coalesce(fans, 0) / (exp(chance) / greatest(users, 1) ^ 2 + ${chanceUsers}) DESC, scenarios.id
    LIMIT 1`);
  if (!row) throw new Error('the sample data has no scenario with rated items');
  return { ...row, pool: new Set(row.pool) };
}

/** The reason of the first item with interactions. Items without interactions are `FRESH` in both lists. */
function reasonOf(edges: RecommendationEdges): string {
  const edge = edges.find(({ reason }) => reason !== 'FRESH') ?? edges[0];
  const version = edge?.modelVersion;
  return `${edge?.reason.toLowerCase()}${version ? ` by model version ${version.number}` : ''}`;
}

const recommendationsQuery = `query ($user: ID!, $first: Int!) {
  recommendations(for: { user: $user }, first: $first) {
    edges { node { externalId title } score reason modelVersion { number } }
  }
}`;

async function recommendations(access: ServerAccess): Promise<RecommendationEdges> {
  const variables = { user: newUser, first: listLength };
  const data = await request<{ recommendations: { edges: RecommendationEdges } }>(
    access,
    recommendationsQuery,
    variables,
  );
  return data.recommendations.edges;
}

const recordMutation = `mutation ($input: RecordInteractionsInput!) {
  recordInteractions(input: $input) { userErrors { message } }
}`;

async function rate(access: ServerAccess, item: string, value: number): Promise<void> {
  const input = { interactions: [{ user: newUser, item, type: 'RATE', value }] };
  const { recordInteractions } = await request<{
    recordInteractions: { userErrors: { message: string }[] };
  }>(access, recordMutation, { input });
  const [error] = recordInteractions.userErrors;
  if (error) throw new Error(`the rating was not recorded: ${error.message}`);
}

/** Sends one GraphQL operation over HTTP. Throws an Error with the server's messages if it returns errors. */
async function request<T>({ url, apiKey }: ServerAccess, query: string, variables: object): Promise<T> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${apiKey}` },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = (await response.json()) as { data?: T; errors?: { message: string }[] };
  if (errors || !data) throw new Error(`${url} returned errors: ${errors?.map(({ message }) => message).join('; ')}`);
  return data;
}

const columnGap = '   ';
const maxColumnWidth = 56;

/** Formats two lists as two columns. The first line of each list is its heading. */
function sideBySide(left: readonly string[], right: readonly string[]): string {
  const width = Math.min(maxColumnWidth, Math.max(...left.map((line) => line.length)));
  const lines = Array.from({ length: Math.max(left.length, right.length) }, (_, row) => {
    const number = row === 0 ? '  ' : String(row).padStart(2);
    return `${number} ${cut(left[row] ?? '', width).padEnd(width)}${columnGap}${number} ${cut(right[row] ?? '', maxColumnWidth)}`.trimEnd();
  });
  return lines.join('\n');
}

function cut(line: string, width: number): string {
  return line.length <= width ? line : `${line.slice(0, width - 1)}…`;
}
