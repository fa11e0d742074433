import type { HostTensor, HostTensors } from '../engine/engine.ts';

/** Tensors `[rows, …]` of several runs, put one after another by name. No runs, no tensors. */
export function joinRows(runs: readonly HostTensors[]): HostTensors {
  const [first = {}] = runs;
  return Object.fromEntries(
    Object.keys(first).map((name) => [name, joined(runs.map((run) => run[name] as HostTensor))]),
  );
}

function joined(pieces: readonly HostTensor[]): HostTensor {
  const [{ dtype, shape }] = pieces as [HostTensor];
  const rows = pieces.reduce((sum, piece) => sum + (piece.shape[0] as number), 0);
  const size = pieces.reduce((sum, { data }) => sum + data.length, 0);
  const data = dtype === 'int32' ? new Int32Array(size) : new Float32Array(size);
  let at = 0;
  for (const piece of pieces) {
    data.set(piece.data, at);
    at += piece.data.length;
  }
  return { dtype, shape: [rows, ...shape.slice(1)], data };
}
