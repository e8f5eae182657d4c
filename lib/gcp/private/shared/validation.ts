import { Token } from 'cdktf';
import { type ModelServer, serverOf } from '../../../serving/servers/model-server.js';
import {
  arrayOf,
  BOOLEAN,
  object,
  type PropTypes,
  required,
  STRING,
  STRING_MAP,
} from '../../../serving/validation/prop-types.js';
import { checkGpuUse, IMAGE } from '../../../serving/validation/server.js';
import {
  checkServingProps,
  exactly,
  SERVING_PROPS,
  type ServingTarget,
} from '../../../serving/validation/serving-props.js';
import type { Validator } from '../../../serving/validation/validator.js';
import { checkProviders, PROVIDERS } from '../../../terraform/providers.js';
import { JWT_VARIABLES } from '../../../terraform/runtime-environment.js';
import type { GooglePlacementProps, GoogleServingProps } from '../../props.js';
import { LOG_RETENTION_DAYS, REGION } from './limits.js';

const CHANNEL = { ...STRING, expected: 'a notification channel, such as "projects/P/notificationChannels/N"' };

/** Types of the props common to every construct on Google Cloud. */
export const GOOGLE_PROPS: PropTypes<GoogleServingProps> = {
  ...SERVING_PROPS,
  providers: PROVIDERS,
  region: required(STRING),
  image: IMAGE,
  project: STRING,
  enableApis: BOOLEAN,
  encryptionKey: STRING,
  modelBucket: STRING,
  gpu: object('a Gpu, such as Gpu.nvidiaL4()', 'instanceType'),
  alarmActions: arrayOf(CHANNEL),
  labels: STRING_MAP,
};

/** Providers that a user can select. REST calls use the credentials of the same provider. */
const PROVIDER_NAMES = ['google'];

/** Environment variables that the construct or the host sets. */
export const RESERVED = exactly('PORT', 'K_.*', 'AIP_.*', 'CLOUD_RUN_.*', 'GOOGLE_CLOUD_PROJECT', ...JWT_VARIABLES);

/** Reports faults in the props common to every construct on Google Cloud. */
export function checkGoogleProps(
  validator: Validator,
  props: GoogleServingProps & { readonly server?: ModelServer },
  target: Omit<ServingTarget, 'logRetentionDays' | 'reserved'>,
): void {
  checkServingProps(validator, props, { ...target, logRetentionDays: LOG_RETENTION_DAYS, reserved: RESERVED });
  checkGpuUse(validator, {
    prop: 'image',
    isWasted: props.gpu !== undefined && props.image === undefined && serverOf(props).isModelship,
    instead: 'or remove `gpu`',
  });
  checkPlacement(validator, props);
}

/** Reports faults in the props that place the resources of a construct. */
export function checkPlacement(validator: Validator, props: GooglePlacementProps): void {
  checkProviders(validator, props.providers, PROVIDER_NAMES);
  validator.text('region', props.region, REGION.pattern, REGION.rule);
  validator.text(
    'project',
    props.project,
    /^[a-z][a-z0-9-]{4,28}[a-z0-9]$/,
    'a project id has 6 to 30 lower-case letters, digits and hyphens; it is not the number and not the display name',
  );
  checkKey(validator, props);
  for (const channel of props.alarmActions ?? []) {
    validator.text(
      'alarmActions',
      channel,
      /^projects\/[^/]+\/notificationChannels\/\d+$/,
      'use the full name of a notification channel, `projects/P/notificationChannels/N`',
    );
  }
  for (const [name, value] of Object.entries(props.labels ?? {})) {
    validator.text(
      `labels.${name}`,
      name,
      /^[a-z][a-z0-9_-]{0,62}$/,
      'a label starts with a lower-case letter and holds at most 63 lower-case letters, digits, `_` and `-`',
    );
    validator.text(
      `labels.${name}`,
      value,
      /^[a-z0-9_-]{0,63}$/,
      'the value of a label holds at most 63 lower-case letters, digits, `_` and `-`',
    );
  }
}

function checkKey(validator: Validator, { encryptionKey: key, region }: GooglePlacementProps): void {
  const pattern = /^projects\/[^/]+\/locations\/([^/]+)\/keyRings\/[^/]+\/cryptoKeys\/[^/]+$/;
  validator.text(
    'encryptionKey',
    key,
    pattern,
    'use the full name of a key, `projects/P/locations/L/keyRings/R/cryptoKeys/K`, without a version',
  );
  const location = key === undefined || Token.isUnresolved(key) ? undefined : pattern.exec(key)?.[1];
  validator.check(
    location === undefined || Token.isUnresolved(region) || location === region,
    'encryptionKey',
    'KEY_ELSEWHERE',
    `the key is in ${location} and the endpoint in ${region}; Google Cloud encrypts only with keys of the same region, ` +
      'so use a key ring in the region',
  );
}
