import { rm } from 'node:fs/promises';
import type { EmbeddedPostgres } from '../../src/store/embedded-postgres.ts';

export default async function stopPostgres(): Promise<void> {
  const { warmstartTestPostgres } = globalThis as unknown as {
    warmstartTestPostgres: { server: EmbeddedPostgres; directory: string };
  };
  await warmstartTestPostgres.server.release();
  await rm(warmstartTestPostgres.directory, { recursive: true, force: true });
}
