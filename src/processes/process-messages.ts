import type { Worker } from 'node:cluster';
import type { MetricsSnapshot } from '../telemetry/metrics-snapshot.ts';

/** What a server process counts, as the answer to `report`. */
export interface Reported {
  readonly kind: 'reported';
  readonly id: number;
  readonly snapshot: MetricsSnapshot;
}

/** What a server process tells the primary process, which started it. */
export type ToPrimary =
  | { readonly kind: 'listening'; readonly url: string }
  /** The server cannot start, for a reason that the operator can act on. */
  | { readonly kind: 'failed'; readonly message: string }
  | Reported
  /** Asks for the metrics of all server processes. */
  | { readonly kind: 'gather'; readonly id: number };

/** What the primary process tells a server process. */
export type ToServer =
  | { readonly kind: 'stop' }
  /** Asks for the metrics of this process. */
  | { readonly kind: 'report'; readonly id: number }
  /** Answers `gather`. */
  | { readonly kind: 'gathered'; readonly id: number; readonly snapshots: readonly MetricsSnapshot[] };

/** Sends a message to a server process. One that has just ended does not get it. */
export function tell(process: Worker, message: ToServer): void {
  if (process.isConnected()) process.send(message, () => {});
}
