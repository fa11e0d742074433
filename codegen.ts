import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { codegen } from '@graphql-codegen/core';
import * as typescript from '@graphql-codegen/typescript';
import * as typescriptResolvers from '@graphql-codegen/typescript-resolvers';
import { parse } from 'graphql';

// Writes the types of resolvers from schema.graphql. The generator's core is called from here, because its command line
// brings some hundred packages, not all of which run on Node 20.
const directory = 'src/graphql/generated';
const filename = `${directory}/resolver-types.ts`;

const source = await codegen({
  filename,
  schema: parse(await readFile('schema.graphql', 'utf8')),
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
      RecommendationEdge: '../../serving/recommendation-service.ts#Recommendation',
      RecommendationExplanation:
        '../../explanation/explain-recommendation.ts#RecommendationExplanation as Explained',
      SupportInfluence: '../../explanation/influences.ts#SupportInfluence as Influence',
      RouteExplanation: '../../explanation/modulation-explanation.ts#RouteExplanation as ExplainedRoute',
      LayerModulationExplanation:
        '../../explanation/modulation-explanation.ts#LayerModulationExplanation as ExplainedLayers',
      LayerModulation: '../../explanation/modulation-explanation.ts#LayerModulation as ExplainedLayer',
      GeneratedWeightsExplanation:
        '../../explanation/modulation-explanation.ts#GeneratedWeightsExplanation as ExplainedWeights',
      RouteLayer: '../../explanation/routes.ts#RouteLayer as Layer',
      RoutePath: '../../explanation/strongest-path.ts#RoutePath as Path',
      WhyNot: '../../explanation/why-not.ts#WhyNot as Standing',
      RouteComparison: '../../explanation/route-comparison.ts#RouteComparison as ComparedRoutes',
      TaskRoute: '../../explanation/route-comparison.ts#TaskRoute as RouteOfTask',
      ContextMap: '../../explanation/context-map.ts#ContextMap as MappedContexts',
      ContextPoint: '../../explanation/context-map.ts#ContextPoint as PointOfTask',
    },
  },
});
await mkdir(directory, { recursive: true });
await writeFile(filename, source);
