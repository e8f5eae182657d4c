import { Token } from 'cdktf';
import type { Construct } from 'constructs';
import { timeZoneOf } from '../../../serving/replicas.js';
import { Rollout } from '../../../serving/rollout.js';
import {
  arrayOf,
  checkProps,
  NUMBER,
  object,
  options,
  type PropTypes,
  required,
  STRING,
} from '../../../serving/validation/prop-types.js';
import { IMAGE, SERVER } from '../../../serving/validation/server.js';
import { MODEL } from '../../../serving/validation/serving-props.js';
import type { Validator } from '../../../serving/validation/validator.js';
import { LINEAR_INSTEAD } from '../../../terraform/runtime-environment.js';
import { validatorFor } from '../../../terraform/validator.js';
import type { EndpointDataCapture, ManagedEndpointModelProps, StableModel } from '../../managed-endpoint-props.js';
import { AZURE_PROPS, checkAzureProps, checkId } from '../shared/validation.js';
import { mlReplicas, recurrences } from './autoscale.js';
import { deploymentName } from './deployment.js';
import { AZURE_ML } from './limits.js';
import { checkMlServer } from './server-validation.js';
import { windowsTimeZone } from './time-zones.js';
import { FULL, ownPercent, stablePercents } from './traffic.js';

const PROPS: PropTypes<ManagedEndpointModelProps> = {
  ...AZURE_PROPS,
  image: IMAGE,
  workspace: object('a workspace of azurerm, or an object such as { id, name }', 'id'),
  endpointName: STRING,
  instanceType: STRING,
  maxConcurrency: NUMBER,
  stableModels: arrayOf(
    options<StableModel>('an object such as { model, trafficPercent: 90 }', {
      model: required(MODEL),
      versionSalt: STRING,
      trafficPercent: NUMBER,
    }),
  ),
  mirrorPercent: NUMBER,
  dataCapture: options<EndpointDataCapture>('an object such as { samplingPercent: 10 }', { samplingPercent: NUMBER }),
  server: SERVER,
  startupSeconds: NUMBER,
  versionSalt: STRING,
};

/**
 * Validates the props of a `ManagedEndpointModel`.
 *
 * @throws ValidationError naming every prop that Azure ML does not support
 */
export function validateManagedEndpoint(scope: Construct, props: ManagedEndpointModelProps): void {
  const validator = validatorFor(scope, 'ManagedEndpointModel');
  checkProps(validator, props, PROPS);
  checkAzureProps(validator, props, {
    target: 'an Azure ML endpoint',
    access: {
      kinds: ['cloudIdentity', 'apiKey'],
      instead: 'Use ServerlessModel or ContainerModel of modelship/azure for the others',
    },
    minReplicas: { ...AZURE_ML.instances, adviceBelowMin: 'Use ServerlessModel, which scales to zero' },
    maxReplicas: AZURE_ML.instances,
    schedule: {
      minReplicas: AZURE_ML.instances,
      maxReplicas: AZURE_ML.instances,
      base: mlReplicas(props),
      weeklyBy: 'Azure Monitor',
    },
    rollout: { canary: { allowsZero: true }, instead: LINEAR_INSTEAD },
    throttle: 'Limit `maxConcurrency`, put Azure API Management in front, or use ServerlessModel of modelship/aws',
    timeoutSeconds: AZURE_ML.timeoutSeconds,
  });
  validator.text('endpointName', props.endpointName, AZURE_ML.name.pattern, AZURE_ML.name.rule);
  validator.text(
    'instanceType',
    props.instanceType,
    /^Standard_[A-Za-z0-9_]+$/,
    "pass an instance type from Azure ML's list for managed online endpoints, such as `Standard_DS3_v2`",
  );
  validator.number('maxConcurrency', props.maxConcurrency, AZURE_ML.concurrency);
  validator.number('dataCapture.samplingPercent', props.dataCapture?.samplingPercent, AZURE_ML.samplingPercent);
  validator.check(
    props.encryptionKey === undefined || props.encryptionKey.id !== undefined || props.workspace !== undefined,
    'encryptionKey.id',
    'MISSING',
    'Azure ML encrypts a workspace with one version of a key; give the `id` of the key, which has its version',
  );
  checkId(validator, 'workspace.id', props.workspace?.id, 'Microsoft.MachineLearningServices/workspaces');
  checkTraffic(validator, props);
  checkMlServer(validator, props);
  validator.throwIfAny();
  checkRecurrences(validator, props);
  validator.throwIfAny();
}

/** Checks a schedule that has no other faults. */
function checkRecurrences(validator: Validator, props: ManagedEndpointModelProps): void {
  const { schedule } = props;
  if (!schedule?.length) return;
  const timeZone = timeZoneOf(schedule);
  validator.check(
    windowsTimeZone(timeZone) !== undefined,
    'schedule.0.timeZone',
    'UNSUPPORTED',
    `got ${timeZone}; Azure Monitor has no time zone with the same time. Use another one`,
  );
  const count = recurrences(schedule, mlReplicas(props)).length;
  validator.check(
    count <= AZURE_ML.recurrences,
    'schedule',
    'TOO_MANY',
    `got changes at ${count} times of the day; Azure Monitor allows ${AZURE_ML.recurrences}`,
  );
}

function checkTraffic(validator: Validator, props: ManagedEndpointModelProps): void {
  const { rollout = Rollout.allAtOnce(), stableModels = [], mirrorPercent } = props;
  if (rollout.kind === 'linear') return;
  validator.number('mirrorPercent', mirrorPercent, AZURE_ML.mirrorPercent);
  validator.check(
    mirrorPercent === undefined || rollout.kind === 'allAtOnce',
    'mirrorPercent',
    'CONFLICT',
    'a version gets either mirrored traffic or a share of it; remove the canary or `mirrorPercent`',
  );
  const names = [props, ...stableModels].map(({ model, versionSalt }) => deploymentName(model, versionSalt));
  validator.check(
    new Set(names).size === names.length,
    'stableModels',
    'DUPLICATE',
    'two versions have the same digest, and would be the same deployment; pass each version once',
  );
  validator.check(
    names.length <= AZURE_ML.deployments,
    'stableModels',
    'TOO_MANY',
    `got ${names.length} versions; an Azure ML endpoint has at most ${AZURE_ML.deployments} deployments`,
  );
  const own = ownPercent(props);
  if (stableModels.some(({ trafficPercent }) => trafficPercent === undefined)) {
    validator.known('rollout.percent', own, 'it determines the share of the stable version');
  }
  const shares = stablePercents(props);
  if ([own, ...shares].some((share) => Token.isUnresolved(share))) return;
  for (const [index, share] of shares.entries()) {
    validator.number(`stableModels.${index}.trafficPercent`, share, {
      min: 0,
      max: FULL,
      unit: 'percent',
      source: 'Azure ML',
    });
  }
  const sum = shares.reduce((total, share) => total + share, own);
  validator.check(
    sum === FULL,
    'stableModels',
    'TRAFFIC_SUM',
    `the traffic sums to ${sum} percent: ${own} for \`model\` and ${shares.join(' + ') || 'none'} for the stable versions; ` +
      'it must be 100. With Rollout.canary() or mirrorPercent, pass the versions that keep the rest of the traffic',
  );
}
