import { Token } from 'cdktf';
import type { Construct } from 'constructs';
import { serverOf } from '../../../serving/servers/model-server.js';
import {
  BOOLEAN,
  checkProps,
  NUMBER,
  options,
  type PropTypes,
  required,
  STRING,
  STRINGS,
} from '../../../serving/validation/prop-types.js';
import { SERVER } from '../../../serving/validation/server.js';
import { MODEL } from '../../../serving/validation/serving-props.js';
import type { Validator } from '../../../serving/validation/validator.js';
import { checkOneImage } from '../../../terraform/canary-image.js';
import { checkEndpointServer } from '../../../terraform/endpoint-server.js';
import { LINEAR_INSTEAD } from '../../../terraform/runtime-environment.js';
import { validatorFor } from '../../../terraform/validator.js';
import type {
  EndpointDataCapture,
  EndpointExplanations,
  ManagedEndpointModelProps,
} from '../../managed-endpoint-props.js';
import { checkGoogleProps, GOOGLE_PROPS } from '../shared/validation.js';
import { isInRegion } from './image.js';
import { VERTEX } from './limits.js';

const PROPS: PropTypes<ManagedEndpointModelProps> = {
  ...GOOGLE_PROPS,
  endpointName: STRING,
  instanceType: STRING,
  targetCpuPercent: NUMBER,
  dedicated: BOOLEAN,
  privateServiceConnectProjects: STRINGS,
  maxPayloadBytes: NUMBER,
  dataCapture: options<EndpointDataCapture>('an object such as { table: "bq://project.dataset.table" }', {
    table: required(STRING),
    samplingPercent: NUMBER,
  }),
  explanations: options<EndpointExplanations>('an object such as { samples: 10 }', { samples: required(NUMBER) }),
  stableModel: MODEL,
  server: SERVER,
  startupSeconds: NUMBER,
};

/** Returns whether the endpoint has a dedicated public DNS name. */
export function isDedicated({ dedicated, privateServiceConnectProjects }: ManagedEndpointModelProps): boolean {
  return privateServiceConnectProjects === undefined && (dedicated ?? true);
}

/** Returns the maximum size of a request to the endpoint, in bytes. */
export function payloadLimit(props: ManagedEndpointModelProps): number {
  const shared = !isDedicated(props) && props.privateServiceConnectProjects === undefined;
  return shared ? VERTEX.sharedPayloadBytes : VERTEX.dedicatedPayloadBytes;
}

/** @throws ValidationError with all faults in the props */
export function validateVertex(scope: Construct, props: ManagedEndpointModelProps): void {
  const validator = validatorFor(scope, 'ManagedEndpointModel');
  checkProps(validator, props, PROPS);
  const shared = payloadLimit(props) === VERTEX.sharedPayloadBytes;
  const endpoint = shared ? 'Vertex AI on a shared endpoint' : 'Vertex AI on a dedicated endpoint';
  checkGoogleProps(validator, props, {
    target: 'Vertex AI',
    access: {
      kinds: ['cloudIdentity'],
      instead: 'Use ServerlessModel of modelship/gcp for JWTs and anonymous callers',
    },
    minReplicas: { ...VERTEX.replicas, adviceBelowMin: 'Use ServerlessModel, which scales to zero' },
    maxReplicas: VERTEX.replicas,
    rollout: {
      canary: { allowsZero: true },
      stable: { prop: 'stableModel', value: props.stableModel, what: 'its package' },
      instead: LINEAR_INSTEAD,
    },
    throttle: 'Limit `maxReplicas`, request a higher quota for the project, or use ServerlessModel of modelship/aws',
    timeoutSeconds: {
      min: 1,
      max: shared ? VERTEX.sharedTimeoutSeconds : VERTEX.dedicatedTimeoutSeconds,
      unit: 'seconds',
      source: endpoint,
    },
  });
  validator.text(
    'endpointName',
    props.endpointName,
    VERTEX.endpointName,
    'the id of a Vertex AI endpoint is a number of at most ten digits that does not start with 0',
  );
  validator.number('targetCpuPercent', props.targetCpuPercent, {
    min: 1,
    max: 100,
    unit: 'percent',
    source: 'Vertex AI',
  });
  validator.number('maxPayloadBytes', props.maxPayloadBytes, {
    min: 1,
    max: payloadLimit(props),
    unit: 'bytes',
    source: shared ? `${endpoint} (dedicated: true raises it)` : endpoint,
  });
  validator.number('explanations.samples', props.explanations?.samples, VERTEX.shapleyPaths);
  validator.check(
    !props.dedicated || props.privateServiceConnectProjects === undefined,
    'dedicated',
    'CONFLICT',
    'an endpoint behind Private Service Connect has no public address; remove one of the two',
  );
  if (props.dataCapture) checkDataCapture(validator, props.dataCapture);
  checkServerProps(validator, props);
  if (serverOf(props).isModelship) checkOneImage(validator, props);
  validator.throwIfAny();
}

function checkServerProps(validator: Validator, props: ManagedEndpointModelProps): void {
  const { gpu, stableModel } = props;
  checkEndpointServer(validator, props, {
    gpu: { prop: 'gpu', has: gpu !== undefined, how: 'give one, such as `gpu: Gpu.nvidiaL4()`' },
    sources: ['gcs', 'hub', 'folder'],
    others: stableModel ? { stableModel } : {},
    startupSeconds: VERTEX.startupSeconds,
  });
  const { spec, isModelship } = serverOf(props);
  if (isModelship) return;
  if (!spec.readsGcs) {
    validator.refuse(
      'server',
      `Vertex AI mounts no folders, and ${spec.name} loads models only from folders; use ContainerModel of ` +
        `modelship/gcp, ` +
        'or ModelServer.modelship(), which loads the same formats',
    );
  }
  if (props.explanations !== undefined && !spec.speaksInstances) {
    validator.refuse(
      'explanations',
      `Vertex AI requests explanations with {"instances": […]}, which ${spec.name} does not support; remove it, or ` +
        `use ` +
        'ModelServer.modelship() or .tensorflowServing()',
    );
  }
  for (const prop of ['maxPayloadBytes', 'timeoutSeconds'] as const) {
    if (props[prop] === undefined) continue;
    validator.refuse(
      prop,
      `it is a limit of Modelship's runtime, which ${spec.name} does not have; remove it to use the limit of Vertex AI`,
    );
  }
}

function checkDataCapture(validator: Validator, { table, samplingPercent }: EndpointDataCapture): void {
  validator.text(
    'dataCapture.table',
    table,
    /^bq:\/\/[a-z0-9:.-]+\.\w+(\.\w+)?$/,
    'use `bq://project.dataset.table` for a table, or `bq://project.dataset` for a dataset in which Vertex AI creates one',
  );
  validator.number('dataCapture.samplingPercent', samplingPercent, VERTEX.samplingPercent);
}

/** @throws ValidationError if Vertex AI cannot pull the image of the runtime */
export function validateImage(scope: Construct, { region }: ManagedEndpointModelProps, image: string): void {
  const validator = validatorFor(scope, 'ManagedEndpointModel');
  validator.check(
    isInRegion(image, region),
    'image',
    'IMAGE_ELSEWHERE',
    `got ${image}; Vertex AI pulls from an Artifact Registry of the endpoint's region only, so push it to ` +
      (Token.isUnresolved(region) ? 'that region' : `${region}-docker.pkg.dev`),
  );
  validator.throwIfAny();
}
