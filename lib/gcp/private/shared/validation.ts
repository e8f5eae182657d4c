import { Token } from 'cdktf';
import type { ModelServer } from '../../../serving/servers/model-server.js';
import { checkGpuUse } from '../../../serving/validation/server.js';
import { SERVING_PROPS } from '../../../serving/validation/serving-prop-names.js';
import type { Validator } from '../../../serving/validation/validator.js';
import { checkServingProps } from '../../../terraform/serving-props.js';
import type { GoogleServingProps } from '../../props.js';
import { LOG_RETENTION_DAYS, REGION } from './limits.js';

/** The names of the props that every construct on Google Cloud takes. */
export const GOOGLE_PROPS: Readonly<Record<keyof GoogleServingProps, true>> = {
  ...SERVING_PROPS,
  region: true,
  image: true,
  project: true,
  encryptionKey: true,
  modelBucket: true,
  gpu: true,
  alarmActions: true,
  labels: true,
};

/** Variables that hosts set, and that would be lost or would break the endpoint. */
const RESERVED = /^(PORT|K_.*|AIP_.*|CLOUD_RUN_.*|GOOGLE_CLOUD_PROJECT)$/;

/** Notes the faults of what every construct on Google Cloud takes. */
export function checkGoogleProps(
  validator: Validator,
  props: GoogleServingProps & { readonly server?: ModelServer },
): void {
  validator.text('region', props.region, REGION.pattern, REGION.rule);
  validator.number('logRetentionDays', props.logRetentionDays, LOG_RETENTION_DAYS);
  validator.text(
    'project',
    props.project,
    /^[a-z][a-z0-9-]{4,28}[a-z0-9]$/,
    'a project id has 6 to 30 lower-case letters, digits and hyphens; it is not the number and not the display name',
  );
  checkGpuUse(validator, {
    prop: 'image',
    isWasted: props.gpu !== undefined && props.image === undefined && props.server?.spec.image === undefined,
    instead: 'or leave gpu out',
  });
  checkKey(validator, props);
  checkServingProps(validator, props, RESERVED);
  for (const channel of props.alarmActions ?? []) {
    validator.text(
      'alarmActions',
      channel,
      /^projects\/[^/]+\/notificationChannels\/\d+$/,
      'give notification channels by their full name, `projects/P/notificationChannels/N`',
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

function checkKey(validator: Validator, { encryptionKey: key, region }: GoogleServingProps): void {
  const pattern = /^projects\/[^/]+\/locations\/([^/]+)\/keyRings\/[^/]+\/cryptoKeys\/[^/]+$/;
  validator.text(
    'encryptionKey',
    key,
    pattern,
    'give the full name of a key, `projects/P/locations/L/keyRings/R/cryptoKeys/K`, without a version',
  );
  const location = key === undefined || Token.isUnresolved(key) ? undefined : pattern.exec(key)?.[1];
  validator.check(
    location === undefined || Token.isUnresolved(region) || location === region,
    'encryptionKey',
    'KEY_ELSEWHERE',
    `the key is in ${location} and the endpoint in ${region}; Google Cloud encrypts with keys of the same region only, ` +
      'so give a key ring of the region',
  );
}
