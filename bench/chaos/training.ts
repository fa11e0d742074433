import type { Ask } from '../../test/support/server-client.ts';

const mutation = `mutation ($seed: Int!) {
  startTraining(input: { training: { taskKind: USER, epochs: 2, maxUsers: 500, seed: $seed } }) {
    trainingRun { id } userErrors { message }
  }
}`;

/** Queues a short training of the default user model. Trainings with different seeds are different runs. */
export async function startTraining(ask: Ask, seed: number): Promise<string> {
  const { data, errors } = await ask(mutation, { seed });
  const id = data?.startTraining?.trainingRun?.id;
  if (typeof id !== 'string') throw new Error(`no training was started: ${JSON.stringify({ data, errors })}`);
  return id;
}
