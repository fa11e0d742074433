import type { CodegenConfig } from '@graphql-codegen/cli';

const config: CodegenConfig = {
  schema: 'schema.graphql',
  generates: {
    'src/graphql/generated/resolver-types.ts': {
      plugins: ['typescript', 'typescript-resolvers'],
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
          RecommendationEdge: '../../serving/recommendation-service.ts#Recommendation',
        },
      },
    },
  },
};

export default config;
