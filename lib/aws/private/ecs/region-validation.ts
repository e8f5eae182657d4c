import type { Construct } from 'constructs';
import type { Validator } from '../../../serving/validation/validator.js';
import type { ContainerCapacity } from '../../capacity.js';
import type { ContainerModelProps } from '../../container-props.js';
import { checkImage, checkInstanceType, checkResource, GPU_TASKS } from '../regions/check.js';
import { regionOf } from '../regions/region-of.js';
import { gpuOptions, gpuSize } from './task-size.js';

/** Reports resources, instance types and images known to be unavailable in the region of the stack. */
export function checkRegion(
  validator: Validator,
  scope: Construct,
  { access, image, modelData, server }: ContainerModelProps,
  capacity: ContainerCapacity,
): void {
  const region = regionOf(scope);
  const gpu = gpuOptions(capacity);
  if (gpu) {
    const types = { given: gpu.instanceType, byDefault: gpuSize({}).instanceType };
    const service = server?.spec.needsGpu ? { ...GPU_TASKS, otherwise: undefined } : GPU_TASKS;
    checkInstanceType(validator, region, 'capacity.instanceType', types, service);
  }
  if ((access?.kind ?? 'cloudIdentity') === 'cloudIdentity') {
    const instead = 'use Access.jwt() or .anonymous(), with the load balancer alone';
    checkResource(validator, region, 'access', 'AWS::ApiGatewayV2::Api', instead);
  }
  if (modelData?.kind === 's3Files') {
    const instead = 'use ContainerModelData.fromFileSystem() or .fromBucket()';
    checkResource(validator, region, 'modelData', 'AWS::S3Files::AccessPoint', instead);
  }
  checkImage(validator, region, 'image', image);
}
