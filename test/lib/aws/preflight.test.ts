import { App, Lazy, Stack } from 'aws-cdk-lib';
import { describe, expect, test } from 'vitest';
import {
  ContainerCapacity,
  ContainerModel,
  ContainerModelData,
  type ContainerModelProps,
  EndpointMode,
  EndpointModelData,
  ManagedEndpointModel,
  type ManagedEndpointModelProps,
} from '../../../lib/aws/index.js';
import { Model } from '../../../lib/model/model.js';
import { smallestRequestBytes } from '../../../lib/model/request-size.js';
import { Access, ModelServer, ValidationError } from '../../../lib/serving/index.js';
import { writePackage } from '../../support/packages.js';
import { minimal as service } from './container-variants.js';
import { bucket, minimal as endpoint } from './managed-endpoint-variants.js';

const stackOf = () => new Stack(new App({ analyticsReporting: false }), 'S');

/** `prop: CODE: message` of everything that is wrong. */
function faults(make: () => unknown): string[] {
  try {
    make();
  } catch (error) {
    if (error instanceof ValidationError) {
      return error.faults.map(({ prop, code, message }) => `${prop}: ${code}: ${message}`);
    }
    throw error;
  }
  return [];
}

const container = (props: Partial<ContainerModelProps>) =>
  faults(() => new ContainerModel(stackOf(), 'Iris', { ...service, ...props }));

const managed = (props: Partial<ManagedEndpointModelProps>) =>
  faults(() => new ManagedEndpointModel(stackOf(), 'Iris', { ...endpoint, ...props }));

/** A model, one row of whose inputs has so many bytes. */
const withRowsOf = (bytes: number) =>
  Model.fromDirectory(writePackage({ inputs: [{ name: 'image', datatype: 'UINT8', shape: [-1, bytes] }] }));

function ofSize(bytes: number): Model {
  const made = Model.fromDirectory(writePackage());
  Object.defineProperty(made, 'sizeBytes', { value: bytes });
  return made;
}

const MIB = 2 ** 20;
const GIB = 2 ** 30;

describe('one row of a request', () => {
  test('counts its elements by their bits, and what varies as short as it can be', () => {
    const inputs = [
      { name: 'a', datatype: 'FP32' as const, shape: [-1, 3, 224, 224] },
      { name: 'b', datatype: 'BOOL' as const, shape: [-1, 8] },
      { name: 'c', datatype: 'BYTES' as const, shape: [-1, -1] },
    ];
    const model = Model.fromDirectory(writePackage({ inputs }));
    expect(smallestRequestBytes(model.manifest)).toBe(3 * 224 * 224 * 4 + 8 + 1);
  });

  test.each<[string, string[], number, RegExp]>([
    ['the API of ContainerModel', container({ model: withRowsOf(11 * MIB) }), 10, /Access\.jwt\(\) or \.anonymous\(\)/],
    ['a real-time endpoint', managed({ model: withRowsOf(7 * MIB) }), 6, /EndpointMode\.asynchronous\(\)/],
    [
      'an endpoint of inference components',
      managed({ model: withRowsOf(7 * MIB), mode: EndpointMode.inferenceComponents() }),
      6,
      /EndpointMode\.asynchronous\(\)/,
    ],
    [
      'a serverless endpoint',
      managed({ model: withRowsOf(5 * MIB), mode: EndpointMode.serverless() }),
      4,
      /EndpointMode\.realTime\(\)/,
    ],
  ])('is refused where it is too large for %s, and told what takes it', (_what, found, mib, instead) => {
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(/^model: PAYLOAD_TOO_LARGE: one row of its inputs has \d+ bytes/);
    expect(found[0]).toContain(`${mib * MIB}`);
    expect(found[0]).toMatch(instead);
  });

  test('passes where it fits, and where there is no API in front', () => {
    expect(container({ model: withRowsOf(9 * MIB) })).toEqual([]);
    expect(container({ model: withRowsOf(11 * MIB), access: Access.anonymous() })).toEqual([]);
    expect(managed({ model: withRowsOf(5 * MIB) })).toEqual([]);
  });
});

describe('the files of a model', () => {
  test('are refused where they fill the memory of a task, and told how to get more', () => {
    expect(container({ model: ofSize(3 * GIB) })).toEqual([
      expect.stringMatching(
        /^model: MODEL_TOO_LARGE: the files have 3072 MiB, and a task has 2048 MiB.*`capacity.memoryMib`/,
      ),
    ]);
    const [onGpu] = container({ model: ofSize(3 * GIB), capacity: ContainerCapacity.gpu({ memoryMib: 2048 }) });
    expect(onGpu).toMatch(/larger `instanceType`/);
    expect(container({ model: ofSize(3 * GIB), capacity: ContainerCapacity.fargate({ memoryMib: 4096 }) })).toEqual([]);
  });

  test('do not count for a server that fetches others', () => {
    const capacity = ContainerCapacity.gpu({ memoryMib: 2048 });
    const server = ModelServer.vllm({ source: 'Qwen/Qwen3-0.6B' });
    expect(container({ model: ofSize(3 * GIB), image: undefined, server, capacity })).toEqual([]);
  });

  test('are refused where they fill the disk of a task, unless they lie on a file system', () => {
    const model = ofSize(201 * GIB);
    const access = Access.anonymous();
    const memoryMib = Lazy.number({ produce: () => 122_880 });
    const capacity = ContainerCapacity.fargate({ cpu: 16, memoryMib });
    expect(container({ model, access, capacity })).toEqual([
      expect.stringMatching(/^model: MODEL_TOO_LARGE: .*ContainerModelData\.fromS3Files\(\) or \.fromFileSystem\(\)/),
    ]);
    const lies = ContainerModelData.inImage('/models');
    expect(container({ model, access, capacity, modelData: lies })).toHaveLength(1);
  });

  test('are refused where a serverless endpoint or a copy cannot hold them', () => {
    const large = ofSize(3 * GIB);
    const serverless = managed({ model: large, mode: EndpointMode.serverless() });
    expect(serverless).toEqual([expect.stringMatching(/^model: MODEL_TOO_LARGE: .*`mode.memoryMib`, up to 6144/)]);
    expect(managed({ model: large, mode: EndpointMode.inferenceComponents() })).toHaveLength(1);
    expect(managed({ model: large, mode: EndpointMode.inferenceComponents({ memoryMib: 4096 }) })).toEqual([]);
    expect(managed({ model: large })).toEqual([]);
    const huge = managed({ model: ofSize(11 * GIB), mode: EndpointMode.serverless({ memoryMib: 6144 }) });
    expect(huge.join()).toMatch(/serverless endpoint allows \d+ including its image\. Use EndpointMode\.realTime\(\)/);
  });

  test('do not count where callers name other models', () => {
    const stack = stackOf();
    const modelData = EndpointModelData.multiModel(bucket(stack), 'models/');
    const make = () => new ManagedEndpointModel(stack, 'Iris', { ...endpoint, model: withRowsOf(7 * MIB), modelData });
    expect(faults(make)).toEqual([]);
  });
});

describe('more time than a target has', () => {
  test('is told which target has it', () => {
    expect(container({ timeoutSeconds: 30 }).join()).toMatch(/Access\.jwt\(\) and \.anonymous\(\).*4000/);
    expect(managed({ timeoutSeconds: 61 }).join()).toMatch(/EndpointMode\.asynchronous\(\) allows 3600/);
  });

  test('is not told so where too little was asked for', () => {
    expect(managed({ timeoutSeconds: 0 }).join()).not.toMatch(/asynchronous/);
  });
});
