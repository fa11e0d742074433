import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { codegen } from '@graphql-codegen/core';
import * as typedDocumentNode from '@graphql-codegen/typed-document-node';
import * as typescript from '@graphql-codegen/typescript';
import * as typescriptOperations from '@graphql-codegen/typescript-operations';
import * as typescriptResolvers from '@graphql-codegen/typescript-resolvers';
import { type DocumentNode, parse } from 'graphql';

// Writes the types of resolvers, and those of the client in docs, from schema.graphql. The generator's core is called
// from here, because its command line brings some hundred packages, not all of which run on Node 20.
type Options = Parameters<typeof codegen>[0];

const schema = await parseFile('schema.graphql');
const operations = 'docs/client/quick-start.graphql';

await write({
  filename: 'src/graphql/generated/resolver-types.ts',
  documents: [],
  plugins: [{ typescript: {} }, { 'typescript-resolvers': {} }],
  pluginMap: { typescript, 'typescript-resolvers': typescriptResolvers },
  config: {
    useTypeImports: true,
    enumsAsTypes: true,
    contextType: '../request-context.ts#RequestContext',
    defaultScalarType: 'unknown',
    scalars: {
      ID: { input: 'string', output: 'string' },
      DateTime: { input: 'Date', output: 'Date' },
      InteractionTime: 'unknown',
      InteractionType: 'string',
      JSONObject: 'Record<string, unknown>',
    },
    // What resolvers hand on for a type; the type's own resolvers make its fields of it.
    mappers: {
      User: '../../store/database.ts#User as StoredUser',
      Item: '../../store/database.ts#Item as StoredItem',
      Scenario: '../../store/database.ts#Scenario as StoredScenario',
      Interaction: '../../store/database.ts#Interaction as StoredInteraction',
      ModelVersion: '../../registry/model-registry.ts#ModelVersionSummary',
      PromotionDecision: '../../store/database.ts#PromotionDecision as StoredPromotionDecision',
      TrainingRun: '../../store/database.ts#TrainingRun as StoredTrainingRun',
      RetrainSchedule: '../../store/database.ts#RetrainSchedule as StoredRetrainSchedule',
      ApiKey: '../../store/database.ts#ApiKey as StoredApiKey',
      RecommendationEdge: '../../serving/recommend.ts#Recommendation',
      Shelf: '../../serving/fill-shelves.ts#FilledShelf',
      SimilarItemEdge: '../../serving/similar-items.ts#SimilarItem',
      PopularItemEdge: '../../serving/list-popular-items.ts#ListedPopularItem',
      RecommendationExplanation: '../../explanation/explain-recommendation.ts#RecommendationExplanation as Explained',
      SupportInfluence: '../../explanation/influences.ts#SupportInfluence as Influence',
      RouteExplanation: '../../explanation/modulation-explanation.ts#RouteExplanation as ExplainedRoute',
      LayerModulationExplanation:
        '../../explanation/modulation-explanation.ts#LayerModulationExplanation as ExplainedLayers',
      LayerModulation: '../../explanation/modulation-explanation.ts#LayerModulation as ExplainedLayer',
      GeneratedWeightsExplanation:
        '../../explanation/modulation-explanation.ts#GeneratedWeightsExplanation as ExplainedWeights',
      RouteLayer: '../../explanation/routes.ts#RouteLayer as Layer',
      RoutePath: '../../explanation/routes.ts#RoutePath as Path',
      WhyNot: '../../explanation/why-not.ts#WhyNot as Standing',
      RouteComparison: '../../explanation/route-comparison.ts#RouteComparison as ComparedRoutes',
      TaskRoute: '../../explanation/route-comparison.ts#TaskRoute as RouteOfTask',
      ContextMap: '../../explanation/context-map.ts#ContextMap as MappedContexts',
      ContextPoint: '../../explanation/context-map.ts#ContextPoint as PointOfTask',
    },
  },
});

await write({
  filename: 'docs/client/generated/operations.ts',
  documents: [{ location: operations, document: await parseFile(operations) }],
  plugins: [{ 'typescript-operations': {} }, { 'typed-document-node': {} }],
  pluginMap: { 'typescript-operations': typescriptOperations, 'typed-document-node': typedDocumentNode },
  config: {
    useTypeImports: true,
    enumsAsTypes: true,
    // What they are in JSON.
    scalars: {
      ID: 'string',
      DateTime: 'string',
      InteractionTime: 'string | number',
      InteractionType: 'string',
      JSONObject: 'Record<string, unknown>',
    },
  },
});

async function write(
  options: Pick<Options, 'filename' | 'documents' | 'plugins' | 'pluginMap' | 'config'>,
): Promise<void> {
  await mkdir(dirname(options.filename), { recursive: true });
  await writeFile(options.filename, await codegen({ schema, ...options }));
}

async function parseFile(path: string): Promise<DocumentNode> {
  return parse(await readFile(path, 'utf8'));
}
