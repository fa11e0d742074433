import { Counter, Gauge, Registry } from 'prom-client';

/** What the database knows of training runs, schedules and model versions. */
export interface PlatformState {
  readonly queuedTrainings: number;
  readonly runningTrainings: number;
  /** Time since the oldest queued training run was requested; 0 if none is queued. */
  readonly oldestQueuedSeconds: number;
  /** Number of training runs by final status. */
  readonly endedTrainings: Readonly<Record<string, number>>;
  readonly overdueSchedules: number;
  /** Number of the active model version by kind of task; `null` if there is none. */
  readonly activeVersions: Readonly<Record<string, number | null>>;
}

/**
 * Returns the metrics that come from the database, in Prometheus format. They are the same in every process, so they
 * are never added up.
 */
export function renderPlatformState(state: PlatformState): Promise<string> {
  const registry = new Registry();
  const gauge = (name: string, help: string, ...labelNames: string[]) =>
    new Gauge({ name: `warmstart_${name}`, help, labelNames, registers: [registry] });

  const trainings = gauge('trainings', 'Training runs that are queued or running', 'status');
  trainings.set({ status: 'queued' }, state.queuedTrainings);
  trainings.set({ status: 'running' }, state.runningTrainings);
  const ended = new Counter({
    name: 'warmstart_trainings_total',
    help: 'Training runs that have finished, by status',
    labelNames: ['status'],
    registers: [registry],
  });
  for (const [status, runs] of Object.entries(state.endedTrainings)) ended.inc({ status: status.toLowerCase() }, runs);
  gauge(
    'oldest_queued_training_seconds',
    'Time since the oldest queued training run was requested; 0 if none is queued',
  ).set(state.oldestQueuedSeconds);
  gauge(
    'overdue_schedules',
    'Schedules that are not paused and whose next training run is more than a minute late',
  ).set(state.overdueSchedules);
  const active = gauge('active_model_version', 'Number of the active model version; 0 if there is none', 'task_kind');
  for (const [taskKind, version] of Object.entries(state.activeVersions)) {
    active.set({ task_kind: taskKind }, version ?? 0);
  }
  return registry.metrics();
}
