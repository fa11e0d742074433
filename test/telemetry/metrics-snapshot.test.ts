import { expect, test } from '@jest/globals';
import { Metrics } from '../../src/telemetry/metrics.ts';
import { addUp, countsOf } from '../../src/telemetry/metrics-snapshot.ts';

/** Two processes: 2 and 3 requests, of 0.03 s and of 0.3 s each. The snapshots have been sent as JSON. */
async function twoSnapshots() {
  const processes = [new Metrics(), new Metrics()] as const;
  for (let n = 0; n < 2; n++) processes[0].answeredHttp('/graphql', 200, 0.03);
  for (let n = 0; n < 3; n++) processes[1].answeredHttp('/graphql', 200, 0.3);
  processes[1].refused('cost');
  return Promise.all(processes.map(async (one) => JSON.parse(JSON.stringify(await one.snapshot()))));
}

test('counters and histograms of processes are added up', async () => {
  const text = await addUp(await twoSnapshots()).metrics();
  expect(text).toContain('warmstart_http_requests_total{route="/graphql",status="200"} 5');
  expect(text).toContain('warmstart_rate_limited_total{limit="cost"} 1');
  const seconds = 'warmstart_http_request_duration_seconds';
  expect(text).toContain(`${seconds}_bucket{le="0.05",route="/graphql"} 2`);
  expect(text).toContain(`${seconds}_bucket{le="0.5",route="/graphql"} 5`);
  expect(text).toContain(`${seconds}_bucket{le="+Inf",route="/graphql"} 5`);
  expect(text).toContain(`${seconds}_count{route="/graphql"} 5`);
  expect(Number(text.match(/duration_seconds_sum\{route="\/graphql"\} (\S+)/)?.[1])).toBeCloseTo(2 * 0.03 + 3 * 0.3);
});

test('the memory of processes is added up, and their largest delay is the largest of all', async () => {
  const snapshots = await twoSnapshots();
  const values = (name: string) =>
    snapshots.map((all) => all.find((one: { name: string }) => one.name === name).values[0].value);
  const summed = await addUp(snapshots).getMetricsAsJSON();
  const summedValue = (name: string) => summed.find((one) => one.name === name)?.values[0]?.value;
  const [a, b] = values('process_resident_memory_bytes');
  expect(summedValue('process_resident_memory_bytes')).toBe(a + b);
  const lag = 'nodejs_eventloop_lag_max_seconds';
  expect(summedValue(lag)).toBe(Math.max(...values(lag)));
});

test('what a process that ended had counted can be added to later counts, and its memory is not', async () => {
  const [first, second] = await twoSnapshots();
  const kept = await addUp([[], countsOf(first)]).getMetricsAsJSON();
  const names = (await addUp([kept]).getMetricsAsJSON()).map(({ name }) => name);
  expect(names).toContain('warmstart_http_requests_total');
  expect(names).not.toContain('process_resident_memory_bytes');
  const text = await addUp([kept, second]).metrics();
  expect(text).toContain('warmstart_http_requests_total{route="/graphql",status="200"} 5');
});
