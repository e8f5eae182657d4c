import { Token } from 'cdktf';
import { serverOf } from '../../../serving/servers/model-server.js';
import { checkGpuUse } from '../../../serving/validation/server.js';
import type { Validator } from '../../../serving/validation/validator.js';
import { checkEndpointServer } from '../../../terraform/endpoint-server.js';
import type { ManagedEndpointModelProps } from '../../managed-endpoint-props.js';
import { AZURE_ML } from './limits.js';
import { builtIn, isOnAzure } from './server.js';

/**
 * VM sizes with NVIDIA GPUs. NG sizes have AMD GPUs, and NP sizes have none:
 * https://learn.microsoft.com/azure/machine-learning/reference-managed-online-endpoints-vm-sku-list
 */
const GPU_TYPE = /^Standard_N[CDV]/i;

/** Checks the server of the props against the limits of Azure ML. */
export function checkMlServer(validator: Validator, props: ManagedEndpointModelProps): void {
  const { instanceType, stableModels = [], model, privateSubnet, image } = props;
  checkEndpointServer(validator, props, {
    gpu: {
      prop: 'instanceType',
      has: instanceType !== undefined && (Token.isUnresolved(instanceType) || GPU_TYPE.test(instanceType)),
      how: 'use an instance type with an NVIDIA GPU, such as `Standard_NC24ads_A100_v4`',
    },
    sources: ['hub', 'folder'],
    others: Object.fromEntries(stableModels.map((other, index) => [`stableModels.${index}.model`, other.model])),
    startupSeconds: AZURE_ML.startupSeconds,
  });
  const { spec, isModelship } = serverOf(props);
  checkGpuUse(validator, {
    prop: 'image',
    isWasted: GPU_TYPE.test(instanceType ?? '') && image === undefined && isModelship,
    paidBy: instanceType,
    instead: 'set another `server`, or use an instance type without a GPU',
  });
  if (spec.image === undefined) return;
  const command = builtIn(spec, model, '');
  if (isOnAzure(spec.image)) {
    if (command !== undefined) {
      validator.refuse(
        'server',
        `Azure ML passes no arguments to containers, and ${spec.name} needs some; its image can be copied with ` +
          `arguments from a public registry, not from ` +
          `${Token.isUnresolved(spec.image) ? 'one that is known at deployment only' : spec.image}. ` +
          'Remove `image`, or build one with its own CMD and serve it by ModelServer.custom(), or use ContainerModel',
      );
    }
    validator.check(
      privateSubnet === undefined || props.workspace !== undefined,
      'server',
      'UNREACHABLE_IMAGE',
      'instances behind `privateSubnet` reach approved registries only, and this one is not a known resource; ' +
        'remove `image`, whose copy is approved, or set a `workspace` whose network can reach it',
    );
  }
  validator.check(
    !command?.some((argument) => Token.isUnresolved(argument)),
    'server',
    'UNRESOLVED_TOKEN',
    `an argument of ${spec.name} is known only at deployment, but the image is defined at synth; pass a literal`,
  );
  validator.check(
    spec.source?.kind !== 'hub' || privateSubnet === undefined,
    'server',
    'UNREACHABLE_SOURCE',
    `instances behind \`privateSubnet\` cannot reach the hub from which ${spec.name} downloads the model; put the ` +
      'weights into your own image, and pass their folder',
  );
}
