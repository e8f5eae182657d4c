import type { Validator } from '../../../serving/validation/validator.js';
import type { ContainerModelData } from '../../container-model-data.js';
import type { ContainerModelProps } from '../../container-props.js';
import { checkPaths } from '../shared/paths.js';

/** Reports settings that would prevent a task from finding the model. */
export function checkModelData(validator: Validator, { modelData, vpc, cluster }: ContainerModelProps): void {
  validator.check(
    !isMounted(modelData) || vpc !== undefined || cluster !== undefined,
    'vpc',
    'MISSING',
    'a file system is reachable only from its VPC; set this or a `cluster` in that VPC, or use ' +
      'ContainerModelData.fromBucket()',
  );
  if (modelData) checkPaths(validator, modelData.settings);
}

/** Whether the model is on a mounted file system and uses no ephemeral storage of the task. */
export function isMounted(modelData: ContainerModelData | undefined): boolean {
  return modelData?.kind === 'fileSystem' || modelData?.kind === 's3Files';
}
