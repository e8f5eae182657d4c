import { Token } from 'aws-cdk-lib';
import type { Usage } from '../../../cost/bill.js';
import { type IdlePart, runsAllMonth, STATED_LOAD } from '../../../cost/monthly-cost.js';
import type { Replicas } from '../../../serving/replicas.js';
import type { ServerSpec } from '../../../serving/servers/spec.js';
import type { EndpointMode } from '../../mode.js';
import { product } from '../shared/monthly-cost.js';
import { instanceType, memoryOf, realTimeOptions } from './instances.js';

/** Idle cost of the instances, or of the provisioned executions, that always run. */
export function runningParts(mode: EndpointMode, server: ServerSpec, { min }: Replicas): IdlePart[] {
  const { settings } = mode;
  if (settings.kind === 'serverless') return [provisioned(memoryOf(settings), min)];
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

/** Usage of serverless executions at the stated load. Undefined for instances, whose cost stays the same. */
export function usageAtLoad({ settings }: EndpointMode, { min }: Replicas): Usage[] | undefined {
  if (settings.kind !== 'serverless') return undefined;
  const { requests, seconds } = STATED_LOAD;
  const memoryMib = memoryOf(settings);
  const price = min === 0 ? 'aws.sagemaker.serverless.gbs' : 'aws.sagemaker.serverless.pc.run';
  return [
    ...runsAllMonth([provisioned(memoryMib, min)]),
    { what: 'compute', price, units: product(requests, seconds, memoryMib, 1 / 1024) },
  ];
}

function provisioned(memoryMib: number, executions: number): IdlePart {
  const quantity = product(executions, memoryMib, 1 / 1024);
  return { what: 'provisioned concurrency', price: 'aws.sagemaker.serverless.pc.idle', quantity };
}
