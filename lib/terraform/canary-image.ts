import { pythonRequirements } from '../bundle/python-requirements.js';
import { taskPackages } from '../bundle/task-packages.js';
import type { Model } from '../model/model.js';
import type { ImageSource } from '../serving/image-source.js';
import type { Validator } from '../serving/validation/validator.js';

interface CanaryProps {
  readonly image?: ImageSource;
  readonly model: Model;
  readonly stableModel?: Model;
}

/** Notes that the two versions of a canary need different packages where both would run in the image of one. */
export function checkOneImage(validator: Validator, { image, model, stableModel }: CanaryProps): void {
  if (!stableModel || image?.isForModel === false) return;
  const [stable, next] = [stableModel, model].map(packages) as [string, string];
  validator.check(
    stable === next,
    'stableModel',
    'IMAGE_DIFFERS',
    `both versions run in one image, and the stable version needs ${stable}, the new one ${next}; pass an \`image\` ` +
      'with the packages of both, or replace the model without a canary',
  );
}

/** Names and versions of the packages that a model needs in its image, without the hashes and comments of a lock. */
function packages({ manifest }: Model): string {
  const pinned = (pythonRequirements(manifest) ?? []).flatMap((line) => /^\w\S*/.exec(line) ?? []);
  return [...pinned, ...taskPackages(manifest.task)].join(', ') || 'no Python';
}
