import { WarmstartError } from '../common/errors.ts';
import type { Config } from '../config.ts';
import { Metrics } from '../telemetry/metrics.ts';
import { openStore } from './open-store.ts';
import { PrimaryProcess } from './primary-process.ts';
import { untilInterrupted } from './process-lifetime.ts';
import { serveUntil, statementMilliseconds } from './serve-until.ts';
import { openTelemetry } from './telemetry.ts';

/**
 * Serves as one of several processes. The primary process has prepared the database, whose URL it passed on, and tells
 * this process when to stop. Why the server cannot start is reported to it, so that it is printed once.
 */
export async function serveForPrimary(config: Config): Promise<void> {
  const metrics: Metrics = new Metrics(() => primary.gather());
  const primary = new PrimaryProcess(() => metrics.snapshot());
  try {
    const telemetry = await openTelemetry(config, metrics);
    const { observeStatement } = telemetry;
    const store = await openStore(config, { observeStatement, statementMilliseconds, migrates: false });
    const stopped = () => Promise.race([untilInterrupted(), primary.stop]);
    await serveUntil(stopped, { config, store, telemetry }, async (url) => {
      await primary.tell({ kind: 'listening', url });
      return { stop: async () => {} };
    });
  } catch (error) {
    if (!(error instanceof WarmstartError)) throw error;
    await primary.tell({ kind: 'failed', message: error.message });
    process.exitCode = 1;
  } finally {
    primary.leave();
  }
}
