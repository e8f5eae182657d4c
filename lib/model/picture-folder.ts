import { statSync } from 'node:fs';

/** Column of the classes of pictures in folders. */
export const FOLDER_LABEL = 'label';

/** Whether a data set is a folder with a folder of pictures for each class. */
export function isPictureFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** Returns the column of the labels, which only folders of pictures have by default. Undefined if there is none. */
export function labelColumn(path: string, label: string | undefined): string | undefined {
  return label ?? (isPictureFolder(path) ? FOLDER_LABEL : undefined);
}
