import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import type {
  DiagnoseMigrationHistoryOutput,
  MigrationList,
  SchemaEngine,
} from '@prisma/schema-engine-wasm/schema_engine_bg';
import pg from 'pg';
import { projectRoot } from '../../src/common/project-root.ts';
import { migrationNames } from '../../src/store/migrate.ts';

// Prisma's own schema engine, as WebAssembly: the code behind the command `prisma migrate`, which cannot run here
// because it downloads a binary. Tests use it to check migrations and schema independently of our own code.

const schemaFile = join(projectRoot, 'prisma', 'schema.prisma');
const migrationsDirectory = join(projectRoot, 'migrations');
const filters = { externalTables: [], externalEnums: [] };

/**
 * Applies the pending ones of `names` with Prisma's engine, like `prisma migrate deploy`, and returns their names. By
 * default, `names` are all migrations.
 */
export function applyWithPrisma(url: string, names?: readonly string[]): Promise<readonly string[]> {
  return withSchemaEngine(url, async (engine) => {
    const { appliedMigrationNames } = await engine.applyMigrations({
      migrationsList: await readMigrations(names),
      filters,
    });
    return appliedMigrationNames;
  });
}

/** Compares a database's migration history with the folder `migrations/`, like `prisma migrate status`. */
export function diagnoseWithPrisma(url: string): Promise<DiagnoseMigrationHistoryOutput> {
  return withSchemaEngine(url, async (engine) =>
    engine.diagnoseMigrationHistory({
      migrationsList: await readMigrations(),
      optInToShadowDatabase: false,
      filters,
    }),
  );
}

/** Returns the SQL that creates the schema of `prisma/schema.prisma` in an empty database. */
export function schemaScript(url: string): Promise<string> {
  return withSchemaEngine(url, async (engine) => {
    const { stdout } = await engine.diff({
      from: { tag: 'empty' },
      to: {
        tag: 'schemaDatamodel',
        files: [{ path: schemaFile, content: await readFile(schemaFile, 'utf8') }],
      },
      script: true,
      exitCode: false,
      filters,
    });
    return stdout ?? '';
  });
}

async function withSchemaEngine<T>(url: string, use: (engine: SchemaEngine) => Promise<T>): Promise<T> {
  const { SchemaEngine } = await loadSchemaEngine();
  const pool = new pg.Pool({ connectionString: url });
  const adapter = bindMigrationAwareSqlAdapterFactory(new WholeScripts(pool, { schema: 'public' }));
  const engine = await SchemaEngine.new(
    { datamodels: [[schemaFile, await readFile(schemaFile, 'utf8')]] },
    () => {},
    adapter,
  );
  try {
    return await use(engine);
  } finally {
    engine.free();
    await pool.end();
  }
}

/**
 * Sends a migration as one query. PrismaPg itself splits it at every semicolon, which would cut function bodies apart.
 */
class WholeScripts extends PrismaPg {
  override async connect() {
    const adapter = await super.connect();
    adapter.executeScript = async (script) => {
      await adapter.underlyingDriver().query(script);
    };
    return adapter;
  }
}

type SchemaEngineModule = typeof import('@prisma/schema-engine-wasm/schema_engine_bg');
let loaded: Promise<SchemaEngineModule> | undefined;

/** Loads the .wasm file, since the package's own entry imports it as a module, which Node only does with a flag. */
function loadSchemaEngine(): Promise<SchemaEngineModule> {
  loaded ??= (async () => {
    const glue = await import('@prisma/schema-engine-wasm/schema_engine_bg');
    const file = createRequire(import.meta.url)
      .resolve('@prisma/schema-engine-wasm/schema_engine_bg')
      .replace(/\.js$/, '.wasm');
    const { instance } = await WebAssembly.instantiate(await readFile(file), {
      './schema_engine_bg.js': withIdleTimers(glue as unknown as WebAssembly.ModuleImports),
    });
    const { __wbg_set_wasm } = glue as unknown as { __wbg_set_wasm(exports: WebAssembly.Exports): void };
    __wbg_set_wasm(instance.exports);
    (instance.exports.__wbindgen_start as () => void)();
    return glue;
  })();
  return loaded;
}

/** The engine does not clear its 10 s lock timeout. The timer must not keep the process alive. */
function withIdleTimers(glue: WebAssembly.ModuleImports): WebAssembly.ModuleImports {
  const timers = Object.entries(glue).filter(([name]) => name.startsWith('__wbg_setTimeout_'));
  const idle = timers.map(([name, start]) => [
    name,
    (...args: unknown[]) => (start as (...args: unknown[]) => NodeJS.Timeout)(...args).unref(),
  ]);
  return { ...glue, ...Object.fromEntries(idle) };
}

async function readMigrations(only?: readonly string[]): Promise<MigrationList> {
  const names = only ?? (await migrationNames());
  return {
    baseDir: migrationsDirectory,
    lockfile: {
      path: 'migration_lock.toml',
      content: await readFile(join(migrationsDirectory, 'migration_lock.toml'), 'utf8'),
    },
    shadowDbInitScript: '',
    migrationDirectories: await Promise.all(
      names.map(async (name) => ({
        path: name,
        migrationFile: {
          path: 'migration.sql',
          content: {
            tag: 'ok' as const,
            value: await readFile(join(migrationsDirectory, name, 'migration.sql'), 'utf8'),
          },
        },
      })),
    ),
  };
}
