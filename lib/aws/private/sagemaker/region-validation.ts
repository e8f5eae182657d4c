import type { Construct } from 'constructs';
import { serverOf } from '../../../serving/servers/model-server.js';
import type { Validator } from '../../../serving/validation/validator.js';
import type { ManagedEndpointModelProps } from '../../managed-endpoint-props.js';
import type { EndpointMode } from '../../mode.js';
import { checkImage, checkInstanceType, checkResource, ENDPOINTS } from '../regions/check.js';
import { regionOf } from '../regions/region-of.js';
import { instanceOptions, instanceType, realTimeOptions } from './instances.js';

/** Reports resources, instance types and images known to be unavailable in the region of the stack. */
export function checkRegion(
  validator: Validator,
  scope: Construct,
  props: ManagedEndpointModelProps,
  mode: EndpointMode,
): void {
  const { spec } = serverOf(props);
  const region = regionOf(scope);
  checkResource(validator, region, 'mode', 'AWS::SageMaker::Endpoint', 'use ContainerModel or ServerlessModel');
  if (mode.kind === 'inferenceComponents') {
    const instead = 'use EndpointMode.realTime() or .asynchronous()';
    checkResource(validator, region, 'mode', 'AWS::SageMaker::InferenceComponent', instead);
  }
  const service = spec.needsGpu ? { ...ENDPOINTS, otherwise: undefined } : ENDPOINTS;
  const check = (prop: string, given: string | undefined, byDefault: string | undefined) => {
    if (byDefault !== undefined) checkInstanceType(validator, region, prop, { given, byDefault }, service);
  };
  const { variants = [], shadow } = realTimeOptions(mode);
  check('mode.instanceType', instanceOptions(mode).instanceType, instanceType(mode, spec));
  for (const [index, variant] of variants.entries()) {
    check(`mode.variants.${index}.instanceType`, variant.instanceType, variant.instanceType);
  }
  check('mode.shadow.instanceType', shadow?.instanceType, shadow?.instanceType);
  checkImage(validator, region, 'image', props.image);
}
