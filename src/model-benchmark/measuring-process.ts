import { WarmstartError } from '../common/errors.ts';
import { readConfig } from '../config.ts';
import { openEngine } from '../engine/engines.ts';
import type { MeasuringAnswer, MeasuringRequest } from './measure-in-process.ts';
import { measureModel } from './measure-model.ts';
import { readBenchmarkData } from './open-experiment.ts';

/** The program of a process that measures one model and ends. */
process.once('message', async ({ request, model }: MeasuringRequest) => {
  // Without a parent process nobody reads the result.
  const orphaned = () => process.exit(1);
  process.once('disconnect', orphaned);
  const send = (answer: MeasuringAnswer) =>
    process.connected && process.send?.(answer, undefined, undefined, (error) => error && orphaned());
  try {
    const { engine: choice, engineProvider: provider, engineThreads: threads } = readConfig(process.env);
    const engine = await openEngine(choice, { provider, threads });
    const data = await readBenchmarkData(request);
    send({ kind: 'read', rejected: data.rejected });
    const measurement = await measureModel(request, model, data, engine, (seed, progress) =>
      send({ kind: 'progress', seed, progress }),
    );
    send({ kind: 'measured', measurement });
  } catch (error) {
    const { message, stack } = error as Error;
    const code = error instanceof WarmstartError ? error.code : null;
    send({ kind: 'failed', code, message: code === null ? (stack ?? message) : message });
  } finally {
    process.off('disconnect', orphaned);
    if (process.connected) process.disconnect();
  }
});
