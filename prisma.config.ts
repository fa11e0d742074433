import { defineConfig } from 'prisma/config';

// `prisma generate` looks for a downloaded schema engine although it never starts it. Naming any
// executable stops the download, so that the install needs nothing but the npm registry.
process.env.PRISMA_SCHEMA_ENGINE_BINARY ??= process.execPath;

export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'migrations' },
  ...(process.env.DATABASE_URL ? { datasource: { url: process.env.DATABASE_URL } } : {}),
});
