import type { Validator } from '../../../serving/validation/validator.js';
import type { ContainerModelDataSettings } from '../../container-model-data.js';
import type { ServerlessModelDataSettings } from '../../serverless-model-data.js';

/** Format of an S3 key prefix that represents a folder. */
export const PREFIX = { pattern: /^[^/].*\/$/, rule: 'must not start with a slash, and must end with one' };

/** Format of a folder path relative to the mount point of a file system. */
export const FOLDER = { pattern: /^[^/].*[^/]$|^[^/]$/, rule: 'must not start or end with a slash' };

/** Reports a prefix or folder of model data that does not have the form of one. */
export function checkPaths(
  validator: Validator,
  settings: ServerlessModelDataSettings | ContainerModelDataSettings,
): void {
  switch (settings.kind) {
    case 'bucket':
      checkPrefix(validator, settings.prefix);
      break;
    case 's3Files':
      checkPrefix(validator, settings.origin?.prefix);
      checkFolder(validator, settings.folder);
      break;
    case 'fileSystem':
      checkFolder(validator, settings.folder);
      break;
  }
}

function checkPrefix(validator: Validator, prefix: string | undefined): void {
  validator.text('modelData.prefix', prefix, PREFIX.pattern, PREFIX.rule);
}

function checkFolder(validator: Validator, folder: string): void {
  validator.text('modelData.folder', folder, FOLDER.pattern, FOLDER.rule);
}
