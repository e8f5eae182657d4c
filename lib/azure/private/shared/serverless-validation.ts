import { object, type PropTypes } from '../../../serving/validation/prop-types.js';
import type { ServerlessModelProps } from '../../serverless-props.js';
import { AZURE_PROPS } from './validation.js';

export const SERVERLESS_PROPS: PropTypes<ServerlessModelProps> = {
  ...AZURE_PROPS,
  host: object('a ServerlessHost, such as ServerlessHost.containerApps()'),
};

/** Alternatives to `throttle`, which neither host supports. */
export const THROTTLE_INSTEAD =
  "Remove it and limit `maxReplicas` and the host's `maxConcurrency` or `targetConcurrency`, put an ApiManagementGateway in front, or use " +
  'ServerlessModel of modelship/aws';
