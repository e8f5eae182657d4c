import { Token } from 'aws-cdk-lib';
import type { Replicas } from '../../../serving/replicas.js';
import {
  arrayOf,
  NUMBER,
  object,
  options,
  required,
  type SettingsTypes,
  STRING,
} from '../../../serving/validation/prop-types.js';
import { MODEL } from '../../../serving/validation/serving-props.js';
import type { Validator } from '../../../serving/validation/validator.js';
import type { ManagedEndpointModelProps } from '../../managed-endpoint-props.js';
import type {
  AsynchronousOptions,
  EndpointMode,
  EndpointVariant,
  InferenceComponentOptions,
  LoraAdapter,
  RealTimeOptions,
  ServerlessEndpointOptions,
  ShadowVariant,
} from '../../mode.js';
import { PREFIX } from '../shared/paths.js';
import { BUCKET, SIZE } from '../shared/prop-types.js';
import { checkGibibytes } from '../shared/quantities.js';
import { instanceOptions } from './instances.js';
import { AMI_VERSION, ENDPOINT_NAME, INSTANCE_TYPE, SAGEMAKER, WEIGHT } from './limits.js';
import { MAIN_VARIANT } from './variants.js';

/** Reports invalid options of the endpoint mode. */
export function checkMode(
  validator: Validator,
  props: ManagedEndpointModelProps,
  mode: EndpointMode,
  replicas: Replicas,
): void {
  const { inferenceAmiVersion, instanceType } = instanceOptions(mode);
  validator.text('mode.inferenceAmiVersion', inferenceAmiVersion, AMI_VERSION.pattern, AMI_VERSION.rule);
  validator.text('mode.instanceType', instanceType, INSTANCE_TYPE.pattern, INSTANCE_TYPE.rule);
  const { settings } = mode;
  switch (settings.kind) {
    case 'realTime':
      checkRealTime(validator, settings.options);
      break;
    case 'serverless':
      checkServerless(validator, props, settings.options, replicas);
      break;
    case 'asynchronous':
      checkAsynchronous(validator, settings.options);
      break;
    case 'inferenceComponents':
      checkComponents(validator, settings.options);
      break;
  }
}

function checkRealTime(validator: Validator, options: RealTimeOptions): void {
  const { variants = [], shadow } = options;
  validator.number('mode.targetConcurrency', options.targetConcurrency, SAGEMAKER.requestsPerInstance);
  checkGibibytes(validator, 'mode.volumeSize', options.volumeSize, SAGEMAKER.volumeGib);
  validator.number('mode.weight', options.weight, WEIGHT);
  validator.check(
    variants.length < SAGEMAKER.variants,
    'mode.variants',
    'TOO_MANY',
    `got ${variants.length}; SageMaker allows ${SAGEMAKER.variants} with the endpoint's own`,
  );
  validator.check(
    shadow === undefined || variants.length === 0,
    'mode.shadow',
    'CONFLICT',
    'got `variants` too; SageMaker allows a shadow variant only with one production variant',
  );
  const names = [MAIN_VARIANT, ...variants.map(({ name }) => name), ...(shadow ? [shadow.name] : [])];
  for (const [index, { name, weight, instanceType: type }] of variants.entries()) {
    const prop = `mode.variants.${index}`;
    validator.text(`${prop}.name`, name, ENDPOINT_NAME.pattern, ENDPOINT_NAME.rule);
    validator.text(`${prop}.instanceType`, type, INSTANCE_TYPE.pattern, INSTANCE_TYPE.rule);
    validator.number(`${prop}.weight`, weight, WEIGHT);
  }
  validator.check(
    new Set(names).size === names.length,
    'mode.variants',
    'DUPLICATE',
    `got the names ${names.join(', ')}; each name must be unique, and ${MAIN_VARIANT} is the endpoint's own`,
  );
  if (shadow) {
    validator.text('mode.shadow.name', shadow.name, ENDPOINT_NAME.pattern, ENDPOINT_NAME.rule);
    validator.number('mode.shadow.samplingPercent', shadow.samplingPercent, SAGEMAKER.percent);
    const why = 'SageMaker expects a share of the weight, and CloudFormation cannot multiply';
    validator.known('mode.shadow.samplingPercent', shadow.samplingPercent, why);
    validator.known('mode.weight', options.weight, why);
    validator.number('mode.shadow.instanceCount', shadow.instanceCount, SAGEMAKER.instances);
  }
}

function checkServerless(
  validator: Validator,
  props: ManagedEndpointModelProps,
  { memoryMib, maxProvisionedConcurrency }: ServerlessEndpointOptions,
  replicas: Replicas,
): void {
  validator.check(
    memoryMib === undefined ||
      Token.isUnresolved(memoryMib) ||
      SAGEMAKER.serverlessMemoryMib.some((m) => m === memoryMib),
    'mode.memoryMib',
    'OUT_OF_RANGE',
    `got ${memoryMib}; a SageMaker serverless endpoint allows ${SAGEMAKER.serverlessMemoryMib.join(', ')}`,
  );
  const { min, max } = replicas;
  validator.number('mode.maxProvisionedConcurrency', maxProvisionedConcurrency, {
    min: Math.max(min, 1),
    max: Token.isUnresolved(max) ? SAGEMAKER.serverlessProvisioned.max : max,
    source: '`minReplicas` and `maxReplicas`',
  });
  for (const [prop, value] of [
    ['mode.maxProvisionedConcurrency', maxProvisionedConcurrency],
    ['schedule', props.schedule],
  ] as const) {
    validator.check(
      value === undefined || Token.isUnresolved(min) || min > 0,
      prop,
      'MISSING',
      'it requires `minReplicas` of at least 1, because provisioned concurrency does not scale from zero',
    );
  }
  for (const prop of ['vpc', 'dataCapture', 'networkIsolation'] as const) {
    validator.check(
      !props[prop],
      prop,
      'UNSUPPORTED_MODE',
      'a SageMaker serverless endpoint does not support it; remove it, or use EndpointMode.realTime()',
    );
  }
}

function checkAsynchronous(validator: Validator, options: AsynchronousOptions): void {
  validator.number('mode.maxConcurrency', options.maxConcurrency, SAGEMAKER.requestsPerInstance);
  validator.number('mode.backlogPerInstance', options.backlogPerInstance, {
    min: 1,
    max: 1_000_000,
    source: 'this construct',
  });
  for (const prop of ['inputPrefix', 'outputPrefix'] as const) {
    validator.text(`mode.${prop}`, options[prop], PREFIX.pattern, PREFIX.rule);
  }
}

function checkComponents(validator: Validator, options: InferenceComponentOptions): void {
  const { adapters = [] } = options;
  for (const [index, { name }] of adapters.entries()) {
    const prop = `mode.adapters.${index}`;
    validator.text(`${prop}.name`, name, ENDPOINT_NAME.pattern, ENDPOINT_NAME.rule);
    validator.known(`${prop}.name`, name, 'it is part of the name of the resource');
  }
  const names = adapters.map(({ name }) => name);
  validator.check(
    new Set(names).size === names.length,
    'mode.adapters',
    'DUPLICATE',
    `got the names ${names.join(', ')}; each name must be unique`,
  );
  validator.number('mode.memoryMib', options.memoryMib, SAGEMAKER.componentMemoryMib);
  validator.number('mode.cpu', options.cpu, SAGEMAKER.componentCpu);
  validator.number('mode.gpuCount', options.gpuCount, SAGEMAKER.gpus);
  validator.number('mode.minInstances', options.minInstances, SAGEMAKER.copies);
  validator.number('mode.maxInstances', options.maxInstances, SAGEMAKER.instances);
}

const VARIANT = { name: required(STRING), model: required(MODEL), instanceType: STRING };
const INSTANCES = { instanceType: STRING, inferenceAmiVersion: STRING };
const TOPIC = object('an ITopic, such as new Topic(…)', 'topicArn');

/** Types of the settings of each mode. */
export const MODE_SETTINGS: SettingsTypes = {
  realTime: {
    options: options<RealTimeOptions>('an object such as { instanceType: "ml.c7g.large" }', {
      ...INSTANCES,
      targetConcurrency: NUMBER,
      volumeSize: SIZE,
      weight: NUMBER,
      variants: arrayOf(options<EndpointVariant>('an object such as { name, model }', { ...VARIANT, weight: NUMBER })),
      shadow: options<ShadowVariant>('an object such as { name, model }', {
        ...VARIANT,
        samplingPercent: NUMBER,
        instanceCount: NUMBER,
      }),
    }),
  },
  serverless: {
    options: options<ServerlessEndpointOptions>('an object such as { memoryMib: 2048 }', {
      memoryMib: NUMBER,
      maxProvisionedConcurrency: NUMBER,
    }),
  },
  asynchronous: {
    options: required(
      options<AsynchronousOptions>('an object such as { outputBucket }', {
        ...INSTANCES,
        outputBucket: required(BUCKET),
        outputPrefix: STRING,
        inputBucket: BUCKET,
        inputPrefix: STRING,
        successTopic: TOPIC,
        errorTopic: TOPIC,
        maxConcurrency: NUMBER,
        backlogPerInstance: NUMBER,
      }),
    ),
  },
  inferenceComponents: {
    options: options<InferenceComponentOptions>('an object such as { cpu: 2 }', {
      ...INSTANCES,
      minInstances: NUMBER,
      maxInstances: NUMBER,
      memoryMib: NUMBER,
      cpu: NUMBER,
      gpuCount: NUMBER,
      targetConcurrency: NUMBER,
      adapters: arrayOf(
        options<LoraAdapter>('an object such as { name, bucket, key }', {
          name: required(STRING),
          bucket: required(BUCKET),
          key: required(STRING),
        }),
      ),
    }),
  },
};
