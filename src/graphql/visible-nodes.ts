import { decodeGlobalId, interactionKey, type NodeType } from './global-id.ts';
import type { RequestContext } from './request-context.ts';

type IsVisible = (key: string, context: RequestContext) => boolean | Promise<boolean>;

const everyone: IsVisible = () => true;
const adminsOnly: IsVisible = (_key, { principal }) => principal.role === 'ADMIN';

/** Who may see that an object with this key exists. The rules of its fields apply in addition. */
const visibility: Readonly<Record<NodeType, IsVisible>> = {
  User: (externalId, { principal }) => principal.role !== 'USER' || principal.userId === externalId,
  Item: everyone,
  Scenario: everyone,
  Interaction: isOwnInteraction,
  ModelVersion: everyone,
  TrainingRun: adminsOnly,
  RetrainSchedule: adminsOnly,
  ApiKey: adminsOnly,
};

/** Returns the object, or `null` if the caller may not know that it exists. */
export async function visibleNode(
  node: unknown,
  { id }: { readonly id: string },
  context: RequestContext,
): Promise<unknown> {
  return (await isVisible(id, context)) ? node : null;
}

/** Returns the objects in their order, with `null` for those that the caller may not know of. */
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

/** The key of an interaction has the internal ID of its user. */
async function isOwnInteraction(key: string, { principal, loaders }: RequestContext): Promise<boolean> {
  if (principal.role !== 'USER') return true;
  const interaction = interactionKey(key);
  if (!interaction) return false;
  const owner = await loaders.user.load(interaction.userId).catch(() => undefined);
  return owner?.externalId === principal.userId;
}
