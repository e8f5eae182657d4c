import { Token } from 'cdktf';
import type { Construct } from 'constructs';
import { Access } from '../../../serving/access.js';
import { Rollout } from '../../../serving/rollout.js';
import type { Validator } from '../../../serving/validation/validator.js';
import { refuse } from '../../../terraform/serving-props.js';
import { validatorFor } from '../../../terraform/validator.js';
import type { ManagedEndpointModelProps } from '../../managed-endpoint-props.js';
import { AZURE_PROPS, checkAzureProps } from '../shared/validation.js';
import { deploymentName } from './deployment.js';
import { AZURE_ML } from './limits.js';
import { checkMlServer } from './server-validation.js';
import { FULL, ownPercent } from './traffic.js';

const PROPS: Readonly<Record<keyof ManagedEndpointModelProps, true>> = {
  ...AZURE_PROPS,
  image: true,
  workspace: true,
  endpointName: true,
  instanceType: true,
  maxConcurrentRequests: true,
  alongside: true,
  mirrorPercent: true,
  capturePercent: true,
  server: true,
  startupSeconds: true,
  versionSalt: true,
};

/** @throws ValidationError naming every prop that Azure ML cannot do */
export function validateManagedEndpoint(scope: Construct, props: ManagedEndpointModelProps): void {
  const validator = validatorFor(scope, 'ManagedEndpointModel');
  validator.knownProps(props, Object.keys(PROPS));
  checkAzureProps(validator, props);
  validator.text('endpointName', props.endpointName, AZURE_ML.name.pattern, AZURE_ML.name.rule);
  validator.text(
    'instanceType',
    props.instanceType,
    /^Standard_[A-Za-z0-9_]+$/,
    "give the name of a machine from Azure ML's list of managed online endpoints, such as `Standard_DS3_v2`",
  );
  validator.number('timeoutSeconds', props.timeoutSeconds, AZURE_ML.timeoutSeconds);
  validator.number('maxConcurrentRequests', props.maxConcurrentRequests, AZURE_ML.concurrency);
  validator.number('capturePercent', props.capturePercent, { min: 1, max: FULL, unit: 'percent', source: 'Azure ML' });
  validator.check(
    props.encryptionKey === undefined || props.encryptionKey.id !== undefined || props.workspace !== undefined,
    'encryptionKey.id',
    'MISSING',
    'Azure ML encrypts a workspace with one version of a key; give the `id` of the key, which has its version',
  );
  checkInstances(validator, props);
  checkAccess(validator, props);
  checkTraffic(validator, props);
  checkMlServer(validator, props);
  validator.throwIfAny();
}

function checkInstances(validator: Validator, { minReplicas, maxReplicas }: ManagedEndpointModelProps): void {
  if (minReplicas === 0) {
    refuse(
      validator,
      'minReplicas',
      'got 0, and an Azure ML endpoint keeps at least 1 instance; for scale to zero use ServerlessModel of ' +
        'modelship/azure, on Functions or, with a GPU, on Container Apps',
    );
  } else validator.number('minReplicas', minReplicas, AZURE_ML.instances);
  validator.number('maxReplicas', maxReplicas, AZURE_ML.instances);
}

function checkAccess(
  validator: Validator,
  { access = Access.cloudIdentity(), throttle }: ManagedEndpointModelProps,
): void {
  if (access.kind === 'anonymous' || access.kind === 'jwt') {
    refuse(
      validator,
      'access',
      `got ${access.kind}, and an Azure ML endpoint takes Entra tokens (cloudIdentity) or its own keys (apiKey) in ` +
        'the Authorization header and nothing else; ServerlessModel and ContainerModel of modelship/azure can do it',
    );
  }
  if (throttle) {
    refuse(
      validator,
      'throttle',
      'an Azure ML endpoint limits no caller and turns away only what exceeds maxConcurrentRequests an instance; ' +
        'put Azure API Management before it, or use ServerlessModel of modelship/aws',
    );
  }
}

function checkTraffic(validator: Validator, props: ManagedEndpointModelProps): void {
  const { rollout = Rollout.allAtOnce(), alongside = [], mirrorPercent } = props;
  if (rollout.kind === 'linear') {
    refuse(
      validator,
      'rollout',
      'got linear, and Terraform has no clock to move traffic step by step; use Rollout.canary() and raise its ' +
        'percent from one apply to the next, or ContainerModel, whose cluster moves pods by itself',
    );
    return;
  }
  validator.number('mirrorPercent', mirrorPercent, AZURE_ML.mirrorPercent);
  validator.check(
    mirrorPercent === undefined || rollout.kind === 'allAtOnce',
    'mirrorPercent',
    'MIRROR_AND_CANARY',
    'a version gets either copies of the traffic or a share of it; leave out the canary or `mirrorPercent`',
  );
  const names = [props, ...alongside].map(({ model, versionSalt }) => deploymentName(model, versionSalt));
  validator.check(
    new Set(names).size === names.length,
    'alongside',
    'SAME_MODEL',
    'two versions have the same digest, and would be the same deployment; give each version once',
  );
  validator.check(
    names.length <= AZURE_ML.deployments,
    'alongside',
    'TOO_MANY',
    `got ${names.length} versions; an Azure ML endpoint has at most ${AZURE_ML.deployments} deployments`,
  );
  const shares = alongside.map(({ trafficPercent }) => trafficPercent);
  if (shares.some((share) => Token.isUnresolved(share))) return;
  for (const [index, share] of shares.entries()) {
    validator.number(`alongside.${index}.trafficPercent`, share, {
      min: 0,
      max: FULL,
      unit: 'percent',
      source: 'Azure ML',
    });
  }
  const sum = shares.reduce((total, share) => total + share, ownPercent(props));
  validator.check(
    sum === FULL,
    'alongside',
    'TRAFFIC_SUM',
    `the traffic sums to ${sum} percent: ${ownPercent(props)} for \`model\` and ${shares.join(' + ') || 'none'} for the ` +
      'others; it must be 100. Give the versions that keep the rest, with Rollout.canary() or mirrorPercent, or give 0',
  );
}
