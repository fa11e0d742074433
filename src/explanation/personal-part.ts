import { adaptTask } from '../serving/adapted-model.ts';
import { type RecommendationList, scopeOf } from '../serving/recommendation-list.ts';
import type { ScoredList } from '../serving/score-list.ts';
import type { ServingSession } from '../serving/serving-session.ts';
import { scoreItem } from './explained-item.ts';
import { influencesOn, type SupportInfluence } from './influences.ts';

/** What the personal model adds to the score of an item in a scenario's list. */
export interface PersonalPart {
  readonly score: number;
  /** The number of interactions of the recipient that the model adapted to. */
  readonly known: number;
  /** The effects of these interactions on the score of the list, the largest first. */
  readonly influences: () => Promise<readonly SupportInfluence[]>;
}

/**
 * Returns the part of the personal model in a list with this `personalScale`; `null` if only the list's own model
 * orders the list.
 */
export async function personalPart(
  session: ServingSession,
  list: RecommendationList,
  { personalScale: scale }: Pick<ScoredList, 'personalScale'>,
  row: number,
): Promise<PersonalPart | null> {
  const { personal } = list;
  if (!personal || scale === null) return null;
  const { models } = session.platform;
  return models.use(personal.versionId, async (model) => {
    const task = await adaptTask(session, model, personal.taskKind, list);
    if (!task) return null;
    const user = await model.users.of(list.recipient.entity);
    const item = await model.embeddings.embed([row]);
    const pair = { user, item, scope: scopeOf(list) };
    const score = await scoreItem(model, task.adaptation, pair);
    return {
      score: scale * score,
      known: task.support.known,
      async influences() {
        const all = await models.use(personal.versionId, (loaded) =>
          influencesOn(session, loaded, task, { ...pair, score }),
        );
        return all.map(({ effect, ...influence }) => ({ ...influence, effect: scale * effect }));
      },
    };
  });
}
