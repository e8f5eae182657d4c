import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { ContainerCapacity, ContainerModel, type ContainerModelProps } from '../../../lib/aws/index.js';
import { ModelServer } from '../../../lib/serving/index.js';
import { minimal } from './container-variants.js';

function containerOf(props: Partial<ContainerModelProps>) {
  const stack = new Stack(new App({ analyticsReporting: false }), 'S');
  new ContainerModel(stack, 'Iris', { ...minimal, image: undefined, ...props });
  const [task] = Object.values(Template.fromStack(stack).findResources('AWS::ECS::TaskDefinition'));
  return task!.Properties.ContainerDefinitions[0];
}

const SIZE = { instanceType: 'g6.12xlarge', cpu: 40, memoryMib: 160_000 };
const vllm = (options?: { [name: string]: string }) =>
  ModelServer.vllm({ source: 'Qwen/Qwen3-0.6B', arguments: options });

describe.each([ContainerCapacity.gpu, ContainerCapacity.managedGpu])('a task with several GPUs', (capacity) => {
  const four = capacity({ ...SIZE, gpuCount: 4 });

  test('has room for what its processes share', () => {
    expect(containerOf({ server: vllm(), capacity: four }).LinuxParameters).toMatchObject({ SharedMemorySize: 80_000 });
  });

  test('has vLLM use all of them, unless it is told how many', () => {
    const sizes = (command: string[]) =>
      command.flatMap((word, index) => (word === '--tensor-parallel-size' ? [command[index + 1]] : []));
    expect(sizes(containerOf({ server: vllm(), capacity: four }).Command)).toEqual(['4']);
    const told = vllm({ 'tensor-parallel-size': '2' });
    expect(sizes(containerOf({ server: told, capacity: four }).Command)).toEqual(['2']);
  });

  test('and one with a single GPU does not', () => {
    const { Command, LinuxParameters } = containerOf({ server: vllm(), capacity: capacity(SIZE) });
    expect(Command).not.toContain('--tensor-parallel-size');
    expect(LinuxParameters).toBeUndefined();
  });
});
