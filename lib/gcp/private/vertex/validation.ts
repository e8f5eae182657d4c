import { Token } from 'cdktf';
import type { Construct } from 'constructs';
import type { Validator } from '../../../serving/validation/validator.js';
import { checkEndpointServer } from '../../../terraform/endpoint-server.js';
import { checkOneImage, refuse } from '../../../terraform/serving-props.js';
import { validatorFor } from '../../../terraform/validator.js';
import type { ManagedEndpointModelProps } from '../../managed-endpoint-props.js';
import { checkGoogleProps, GOOGLE_PROPS } from '../shared/validation.js';
import { isInRegion } from './image.js';
import { VERTEX } from './limits.js';

const KNOWN: Readonly<Record<keyof ManagedEndpointModelProps, true>> = {
  ...GOOGLE_PROPS,
  endpointId: true,
  machineType: true,
  targetCpuPercent: true,
  dedicated: true,
  privateServiceConnectProjects: true,
  maxPayloadBytes: true,
  requestLogTable: true,
  requestLogSamplingRate: true,
  explanationPathCount: true,
  stableModel: true,
  server: true,
  startupSeconds: true,
};

/** Whether the endpoint has an address of its own. */
export function isDedicated({ dedicated, privateServiceConnectProjects }: ManagedEndpointModelProps): boolean {
  return privateServiceConnectProjects === undefined && (dedicated ?? true);
}

/** The most bytes that a request to the endpoint may have. */
export function payloadLimit(props: ManagedEndpointModelProps): number {
  const shared = !isDedicated(props) && props.privateServiceConnectProjects === undefined;
  return shared ? VERTEX.sharedPayloadBytes : VERTEX.dedicatedPayloadBytes;
}

/**
 * @param image the reference of the runtime's image; unset if another server is served
 * @throws ValidationError with every fault of the props
 */
export function validateVertex(scope: Construct, props: ManagedEndpointModelProps, image?: string): void {
  const validator = validatorFor(scope, 'ManagedEndpointModel');
  const shared = payloadLimit(props) === VERTEX.sharedPayloadBytes;
  const endpoint = shared ? 'Vertex AI on a shared endpoint' : 'Vertex AI on a dedicated endpoint';
  validator.knownProps(props, Object.keys(KNOWN));
  checkGoogleProps(validator, props);
  validator.text(
    'endpointId',
    props.endpointId,
    VERTEX.endpointId,
    'Vertex AI names endpoints by a number of at most ten digits that does not start with 0',
  );
  validator.number('minReplicas', props.minReplicas, {
    ...VERTEX.replicas,
    source: 'Vertex AI (a ServerlessModel scales to zero)',
  });
  validator.number('maxReplicas', props.maxReplicas, { ...VERTEX.replicas, source: 'Vertex AI' });
  validator.number('targetCpuPercent', props.targetCpuPercent, {
    min: 1,
    max: 100,
    unit: 'percent',
    source: 'Vertex AI',
  });
  validator.number('timeoutSeconds', props.timeoutSeconds, {
    min: 1,
    max: shared ? VERTEX.sharedTimeoutSeconds : VERTEX.dedicatedTimeoutSeconds,
    unit: 'seconds',
    source: endpoint,
  });
  validator.number('maxPayloadBytes', props.maxPayloadBytes, {
    min: 1,
    max: payloadLimit(props),
    unit: 'bytes',
    source: shared ? `${endpoint} (dedicated: true raises it)` : endpoint,
  });
  validator.number('explanationPathCount', props.explanationPathCount, { ...VERTEX.shapleyPaths, source: 'Vertex AI' });
  validator.check(
    !props.dedicated || props.privateServiceConnectProjects === undefined,
    'dedicated',
    'TWO_ADDRESSES',
    'an endpoint behind Private Service Connect has no public address; leave one of the two out',
  );
  checkRequestLog(validator, props);
  checkAccess(validator, props);
  checkRollout(validator, props);
  checkServerProps(validator, props);
  if (image !== undefined) {
    checkOneImage(validator, props);
    checkImage(validator, props, image);
  }
  validator.throwIfAny();
}

function checkServerProps(validator: Validator, props: ManagedEndpointModelProps): void {
  const { gpu, stableModel, server } = props;
  checkEndpointServer(validator, props, {
    gpu: { prop: 'gpu', has: gpu !== undefined, how: 'give one, such as `gpu: Gpu.nvidiaL4()`' },
    sources: ['gcs', 'hub', 'folder'],
    others: stableModel ? { stableModel } : {},
    startupSeconds: VERTEX.startupSeconds,
  });
  const spec = server?.spec;
  if (spec?.image === undefined) return;
  if (!spec.readsGcs) {
    refuse(
      validator,
      'server',
      `Vertex AI mounts no folders, and ${spec.name} loads a model from nowhere else; use ContainerModel of modelship/gcp, ` +
        'or ModelServer.modelship(), which loads the same formats',
    );
  }
  if (props.explanationPathCount !== undefined && !spec.speaksInstances) {
    refuse(
      validator,
      'explanationPathCount',
      `Vertex AI asks for explanations by {"instances": […]}, which ${spec.name} does not speak; leave it out, or use ` +
        'ModelServer.modelship() or .tensorflowServing()',
    );
  }
  for (const prop of ['maxPayloadBytes', 'timeoutSeconds'] as const) {
    if (props[prop] === undefined) continue;
    refuse(
      validator,
      prop,
      `it is a limit of Modelship's runtime, and nothing tells it to ${spec.name}; leave it out: the limit is Vertex AI's`,
    );
  }
}

function checkRequestLog(validator: Validator, props: ManagedEndpointModelProps): void {
  validator.text(
    'requestLogTable',
    props.requestLogTable,
    /^bq:\/\/[a-z0-9:.-]+\.\w+(\.\w+)?$/,
    'give a table of BigQuery as `bq://project.dataset.table`, or a dataset, in which one is made',
  );
  validator.number('requestLogSamplingRate', props.requestLogSamplingRate, {
    min: 0.0001,
    max: 1,
    fraction: true,
    source: 'Vertex AI',
  });
  validator.check(
    props.requestLogSamplingRate === undefined || props.requestLogTable !== undefined,
    'requestLogSamplingRate',
    'NO_TABLE',
    'it says how many requests are logged, and there is no place for them; give requestLogTable too',
  );
}

function checkAccess(validator: Validator, { access, throttle }: ManagedEndpointModelProps): void {
  if (access && access.kind !== 'cloudIdentity') {
    refuse(
      validator,
      'access',
      `Vertex AI lets in identities of Google only, not ${access.kind}; use Access.cloudIdentity(), or a ServerlessModel, ` +
        'which knows JWTs and anonymous callers',
    );
  }
  if (throttle) {
    refuse(
      validator,
      'throttle',
      'Vertex AI limits requests by the quota of the project; ask for another quota, or bound the load with maxReplicas',
    );
  }
}

function checkRollout(validator: Validator, { rollout, stableModel }: ManagedEndpointModelProps): void {
  if (rollout?.kind === 'linear') {
    refuse(
      validator,
      'rollout',
      'Terraform moves traffic when it is applied and not by itself, so there are no timed steps; use Rollout.canary() ' +
        'and apply again with another percentage, or the ManagedEndpointModel of modelship/aws',
    );
  }
  const canary = rollout?.kind === 'canary';
  validator.check(
    canary === (stableModel !== undefined),
    'stableModel',
    canary ? 'MISSING' : 'NO_CANARY',
    canary
      ? 'a canary shares the traffic with the version that serves now; give its package'
      : 'only a canary keeps traffic on another version; set rollout: Rollout.canary(…), or leave it out',
  );
  const percent = rollout?.canaryOptions?.percent;
  validator.number('rollout.percent', percent, { min: 1, max: 99, unit: 'percent', source: 'a canary' });
}

function checkImage(validator: Validator, { region }: ManagedEndpointModelProps, image: string): void {
  validator.check(
    isInRegion(image, region),
    'image',
    'IMAGE_ELSEWHERE',
    `got ${image}; Vertex AI pulls from an Artifact Registry of the endpoint's region only, so push it to ` +
      (Token.isUnresolved(region) ? 'that region' : `${region}-docker.pkg.dev`),
  );
}
