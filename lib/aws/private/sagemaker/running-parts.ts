import { Token } from 'aws-cdk-lib';
import type { IdlePart } from '../../../cost/idle-cost.js';
import type { Replicas } from '../../../serving/replicas.js';
import type { ServerSpec } from '../../../serving/servers/spec.js';
import type { EndpointMode } from '../../mode.js';
import { product } from '../shared/idle-cost.js';
import { instanceType, memoryOf, realTimeOptions } from './instances.js';

/** Idle cost of the instances, or of the provisioned executions, that always run. */
export function runningParts(mode: EndpointMode, server: ServerSpec, { min }: Replicas): IdlePart[] {
  const { settings } = mode;
  if (settings.kind === 'serverless') {
    const quantity = product(min, memoryOf(settings), 1 / 1024);
    return [{ what: 'provisioned concurrency', price: 'aws.sagemaker.serverless.pc.idle', quantity }];
  }
  const byDefault = instanceType(mode, server);
  const running = (type: string | undefined, count: number): IdlePart => ({
    what: 'instances',
    price: `aws.sagemaker.${type}`,
    quantity: product(count),
  });
  if (settings.kind === 'inferenceComponents') {
    const least = Token.isUnresolved(min) ? min : Math.min(min, 1);
    return [running(byDefault, settings.options.minInstances ?? least)];
  }
  const { variants = [], shadow } = realTimeOptions(mode);
  return [
    running(byDefault, min),
    ...variants.map((variant) => running(variant.instanceType ?? byDefault, min)),
    ...(shadow ? [running(shadow.instanceType ?? byDefault, shadow.instanceCount ?? 1)] : []),
  ];
}
