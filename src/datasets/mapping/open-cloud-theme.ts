import type { Dataset } from '../dataset.ts';
import { type FolderKind, openLayout } from './open-layout.ts';

export const cloudTheme: FolderKind = {
  what: 'a folder of the Cloud Theme Click Dataset',
  layouts: [{ title: 'Cloud Theme Click Dataset as published', mapping: 'taobao-cloud-theme.json' }],
  advice: 'unpack the files of https://tianchi.aliyun.com/dataset/9716 and name their folder',
};

/** Opens a folder of the Cloud Theme Click Dataset of Taobao, see `openLayout`. */
export function openCloudTheme(directory: string): Promise<Dataset> {
  return openLayout(directory, cloudTheme);
}
