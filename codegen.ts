import type { CodegenConfig } from '@graphql-codegen/cli';

const config: CodegenConfig = {
  schema: 'schema.graphql',
  generates: {
    'src/graphql/generated/resolver-types.ts': {
      plugins: ['typescript', 'typescript-resolvers'],
      config: {
        useTypeImports: true,
        enumType: 'string-literal',
        contextType: '../context.ts#RequestContext',
        defaultScalarType: 'unknown',
        scalars: { DateTime: 'Date', JSONObject: 'Record<string, unknown>' },
      },
    },
  },
};

export default config;
