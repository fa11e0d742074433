import { describe, expect, test } from '@jest/globals';
import type { Recommender } from '../../src/models/recommender.ts';
import { UserEmbeddings } from '../../src/serving/user-embeddings.ts';
import { recordingRecommender } from '../support/recording-recommender.ts';

describe('UserEmbeddings', () => {
  /** The embedding of a user is the position of the ID among the known ones, from 1. Counts and can fail. */
  function embeddings() {
    const model = recordingRecommender({ user: ['anna', 'ben'], item: [] }, { support: 'positives' });
    const state = { runs: 0, fails: false };
    const embedUsers: Recommender['embedUsers'] = async (encoded) => {
      state.runs += 1;
      if (state.fails) throw new Error('no memory is left');
      return model.embedUsers(encoded);
    };
    const users = new UserEmbeddings({ ...model, embedUsers });
    return { state, of: (id: string) => users.of({ id, features: {} }) };
  }

  test('are computed once for users with the same encoded features', async () => {
    const { state, of } = embeddings();
    const [anna, ben, unknown, alsoUnknown] = await Promise.all([of('anna'), of('ben'), of('carl'), of('dora')]);
    expect([anna, ben, unknown].map((embedded) => embedded?.data[0])).toEqual([1, 2, 0]);
    expect(alsoUnknown).toEqual(unknown);
    await of('anna');
    expect(state.runs).toBe(3);
  });

  test('are computed again after a failure', async () => {
    const { state, of } = embeddings();
    state.fails = true;
    await expect(of('ben')).rejects.toThrow('no memory is left');
    state.fails = false;
    expect((await of('ben')).data[0]).toBe(2);
  });
});
