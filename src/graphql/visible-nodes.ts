import { decodeGlobalId, interactionKey, type NodeType } from './global-id.ts';
import type { RequestContext } from './request-context.ts';

type IsVisible = (key: string, context: RequestContext) => boolean | Promise<boolean>;

const toAll: IsVisible = () => true;
const toAdmins: IsVisible = (_key, { principal }) => principal.role === 'ADMIN';

/** Who may see an object that has this key; with the rules of its fields. */
const visibility: Readonly<Record<NodeType, IsVisible>> = {
  User: (externalId, { principal }) => principal.role !== 'USER' || principal.userId === externalId,
  Item: toAll,
  Scenario: toAll,
  Interaction: isOwnInteraction,
  ModelVersion: toAll,
  TrainingRun: toAdmins,
  RetrainSchedule: toAdmins,
  ApiKey: toAdmins,
};

/** The object, or `null` when the caller is not to know that it is there. */
export async function visibleNode(
  node: unknown,
  { id }: { readonly id: string },
  context: RequestContext,
): Promise<unknown> {
  return (await isVisible(id, context)) ? node : null;
}

/** The objects, in their places, with `null` for those which the caller is not to know of. */
export async function visibleNodes(
  nodes: unknown,
  { ids }: { readonly ids: readonly string[] },
  context: RequestContext,
): Promise<unknown> {
  const visible = await Promise.all(ids.map((id) => isVisible(id, context)));
  return (nodes as readonly unknown[]).map((node, index) => (visible[index] ? node : null));
}

function isVisible(id: string, context: RequestContext): boolean | Promise<boolean> {
  const decoded = decodeGlobalId(id);
  return decoded !== undefined && visibility[decoded.type](decoded.key, context);
}

/** The key of an interaction names its user by a number of ours. */
async function isOwnInteraction(key: string, { principal, loaders }: RequestContext): Promise<boolean> {
  if (principal.role !== 'USER') return true;
  const interaction = interactionKey(key);
  if (!interaction) return false;
  const owner = await loaders.user.load(interaction.userId).catch(() => undefined);
  return owner?.externalId === principal.userId;
}
