import { Annotations } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/**
 * Warnings about idle cost, failures during scale-out from zero, and limited configurations. The IDs are part of the
 * API: `acknowledgeWarning(id)` suppresses a warning. docs/aws.md lists them.
 */
const WARNINGS = {
  'modelship:idleGpu':
    'at least one instance with a GPU always runs and is billed while idle. To pay nothing when idle, use ' +
    'ManagedEndpointModel with EndpointMode.asynchronous() or .inferenceComponents() and `minReplicas: 0`',
  'modelship:idleInstance':
    'at least one instance always runs and is billed while idle. EndpointMode.serverless() and ServerlessModel scale to zero',
  'modelship:idleService':
    'at least one task and a load balancer always run and are billed while idle. ServerlessModel scales to zero',
  'modelship:idleEndpoints':
    'the new VPC has no internet access and reaches AWS services through interface endpoints. Constructs with the same `vpc` share them',
  'modelship:natGateway': 'the new VPC reaches the internet through NAT. Constructs with the same `vpc` share it',
  'modelship:provisionedConcurrency':
    'the replicas that `minReplicas` keeps running are billed while idle. With 0, the first request after a pause ' +
    'waits for a cold start',
  'modelship:bufferedStream':
    'the server streams its responses, but the HTTP API in front of it buffers them, for at most 29 seconds. With ' +
    'Access.jwt() and Access.anonymous(), callers use the load balancer, which streams',
  'modelship:emulatedBuild':
    'the image installs Python packages for another architecture than this machine, which requires QEMU on the machine ' +
    'that deploys ("exec format error" without it). Install it with docker/setup-qemu-action or tonistiigi/binfmt, choose ' +
    'the processor of this machine, or build with AwsImage.fromCodeBuild()',
  'modelship:partOfAnInstance':
    'the rollout starts with less than one instance, or with more than half of them. SageMaker replaces whole instances, and ' +
    'at most half of them at once, so an update is rejected or replaces everything: set `minReplicas` to at least 2, and to 10 ' +
    'for steps of 10 %',
  'modelship:failsWhileWaking':
    'with no instance running, requests fail until one has started, which takes minutes; clients must retry. ' +
    'EndpointMode.asynchronous() queues them instead',
} as const;

export type CostWarning = keyof typeof WARNINGS;

/**
 * Adds a warning to the synthesis output, unless it has been acknowledged.
 *
 * @param detail Amounts of this construct, as a sentence.
 */
export function warn(scope: Construct, id: CostWarning, detail?: string): void {
  Annotations.of(scope).addWarningV2(id, [WARNINGS[id], ...(detail ? [detail] : [])].join('. '));
}
