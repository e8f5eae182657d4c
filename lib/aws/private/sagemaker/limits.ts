import type { Range } from '../../../serving/validation/validator.js';

/**
 * Limits of SageMaker:
 * https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateEndpointConfig.html and the pages it links;
 * quotas:
 * https://docs.aws.amazon.com/sagemaker/latest/dg/model-deploy-mlconcepts-options.html
 */
export const SAGEMAKER = {
  variants: 10,
  realTimeTimeoutSeconds: {
    min: 1,
    max: 60,
    unit: 'seconds',
    source: 'SageMaker',
    adviceAboveMax:
      'EndpointMode.asynchronous() allows 3600, and ContainerModel with Access.jwt() or .anonymous() 4000',
  },
  asynchronousTimeoutSeconds: { min: 1, max: 3600, unit: 'seconds', source: 'SageMaker asynchronous inference' },
  instances: { min: 1, max: 1000, source: 'a SageMaker real-time endpoint' },
  asynchronousInstances: { min: 0, max: 1000, source: 'a SageMaker asynchronous endpoint' },
  copies: { min: 0, max: 1000, source: 'SageMaker inference components' },
  serverlessConcurrency: { min: 1, max: 200, source: 'a SageMaker serverless endpoint' },
  serverlessProvisioned: { min: 0, max: 200, source: 'a SageMaker serverless endpoint' },
  serverlessMemoryMib: [1024, 2048, 3072, 4096, 5120, 6144],
  startupSeconds: { min: 60, max: 3600, unit: 'seconds', source: 'SageMaker' },
  /** Limit for the download and the first `/ping` together. */
  serverlessStartSeconds: 180,
  /** Limit for the image and the model that a serverless endpoint unpacks, in bytes. */
  serverlessContainerBytes: 10 * 2 ** 30,
  /**
   * Limits for a request's body: https://docs.aws.amazon.com/sagemaker/latest/dg/model-deploy-mlconcepts-options.html
   */
  serverlessPayloadBytes: 4 * 2 ** 20,
  realTimePayloadBytes: 6 * 2 ** 20,
  asynchronousPayloadBytes: 2 ** 30,
  volumeGib: { min: 1, max: 512, unit: 'GiB', source: 'SageMaker' },
  requestsPerInstance: { min: 1, max: 1000, source: 'SageMaker asynchronous inference' },
  percent: { min: 1, max: 100, unit: 'percent', source: 'SageMaker' },
  canaryPercent: { min: 1, max: 50, unit: 'percent', source: 'SageMaker deployment guardrails' },
  linearPercent: { min: 10, max: 50, unit: 'percent', source: 'SageMaker deployment guardrails' },
  rollingPercent: { min: 5, max: 50, unit: 'percent', source: 'SageMaker rolling deployments' },
  waitSeconds: { min: 0, max: 3600, unit: 'seconds', source: 'SageMaker deployment guardrails' },
  waitMinutes: { min: 0, max: 60, unit: 'minutes', source: 'SageMaker deployment guardrails' },
  /** https://docs.aws.amazon.com/sagemaker/latest/dg/inference-pipelines.html */
  pipelineContainers: { min: 2, max: 15, unit: 'containers', source: 'a SageMaker inference pipeline' },
  rollbackAlarms: 10,
  /** https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ClarifyShapConfig.html and API_ClarifyInferenceConfig.html */
  explainExpressionLength: 64,
  baselineLength: 4096,
  explainFeatures: 256,
  explainSamples: { min: 1, max: 2 ** 31 - 1, source: 'SageMaker Clarify' },
  explainSeed: { min: -(2 ** 31), max: 2 ** 31 - 1, source: 'SageMaker Clarify' },
  explainColumn: { min: 0, max: 2 ** 31 - 1, source: 'SageMaker Clarify' },
  componentCpu: { min: 0.25, max: 1024, fraction: true, source: 'SageMaker inference components' },
  componentMemoryMib: { min: 128, max: 16_777_216, unit: 'MiB', source: 'SageMaker inference components' },
  gpus: { min: 0, max: 16, source: 'SageMaker' },
  environment: { entries: 100, keyLength: 1024, valueLength: 1024, bytes: 32 * 1024 },
} as const;

export const INSTANCE_TYPE = {
  pattern: /^ml\.[a-z0-9-]+\.[a-z0-9-]+$/,
  rule: 'a SageMaker instance type looks like ml.c7g.large',
};

export const ENDPOINT_NAME = {
  pattern: /^[a-zA-Z0-9](?:-*[a-zA-Z0-9]){0,62}$/,
  rule: 'SageMaker allows at most 63 letters, digits and hyphens, without a hyphen at the start or end',
  maxLength: 63,
};

/** https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ContainerDefinition.html */
export const MODEL_PACKAGE_ARN = {
  pattern: /^arn:[\w-]+:sagemaker:[a-z0-9-]*:\d{12}:model-package\/[\w+=,.@/-]+$/,
  rule: 'it must be the ARN of a version, such as arn:aws:sagemaker:eu-west-1:123456789012:model-package/iris/3',
};

/** Weight of a variant. Its share of the traffic is its weight divided by the sum of the weights. */
export const WEIGHT: Range = { min: 0, max: 1e6, fraction: true, source: 'SageMaker' };

/** Whether the instance type has an Arm processor: a `g` after the generation, as in c7g, m6gd and g5g. */
export function isArm(instanceType: string): boolean {
  return /^ml\.[a-z]+\d+g[a-z]*\./.test(instanceType);
}

/** Whether the instance type has NVIDIA GPUs: the families g and p. */
export function isGpu(instanceType: string): boolean {
  return /^ml\.[gp]\d/.test(instanceType);
}

/** Image version in the format of SageMaker's API. */
export const AMI_VERSION = {
  pattern: /^[a-zA-Z0-9]+(?:-[a-zA-Z0-9]+)*$/,
  rule: 'an image of SageMaker looks like al2-ami-sagemaker-inference-gpu-3-1',
};

/**
 * Whether SageMaker runs the instance type with NVIDIA driver 470 unless another image is chosen. On that driver,
 * containers with CUDA 12 stop before they log a line. https://github.com/aws/sagemaker-python-sdk/pull/6281
 */
export function hasOldDriver(instanceType: string): boolean {
  return /^ml\.(?:g4dn|g5|p4de?)\./.test(instanceType);
}

/**
 * Whether the instance type has local disks, which its hardware encrypts. Such types have a `d` after the generation,
 * as in m5d, g4dn and p4de, or belong to families with local disks only. SageMaker accepts neither a key nor a size for
 * local disks:
 * https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateEndpointConfig.html and
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/InstanceStorage.html
 */
export function hasLocalStorage(instanceType: string): boolean {
  return /^ml\.(?:[a-z]+\d+[a-z]*d[a-z]*|dl1|g5|g6e?|g7e|gr6|p5(?:e|en)?|p6-b\d+|p6e-gb200|trn\dn?)\./.test(
    instanceType,
  );
}
