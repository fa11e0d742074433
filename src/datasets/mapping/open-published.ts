import type { Dataset } from '../dataset.ts';
import { cloudTheme } from './open-cloud-theme.ts';
import { type FolderKind, openLayout } from './open-layout.ts';
import { movieLens } from './open-movielens.ts';

export const published: FolderKind = {
  what: 'a MovieLens folder or a folder of the Cloud Theme Click Dataset',
  layouts: [...movieLens.layouts, ...cloudTheme.layouts],
  advice: `${movieLens.advice}, or ${cloudTheme.advice}`,
};

/** Opens a folder of any published dataset that `mappings/` knows, see `openLayout`. Ratings stay as they are. */
export function openPublished(directory: string): Promise<Dataset> {
  return openLayout(directory, published);
}
