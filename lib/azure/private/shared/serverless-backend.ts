import type { EntraApplication } from './entra-application.js';
import type { Placement } from './placement.js';
import type { Telemetry } from './telemetry.js';

/** Alternatives to `throttle`, which neither host supports. */
export const THROTTLE_INSTEAD =
  "Remove it and limit `maxReplicas` and the host's `maxConcurrency` or `targetConcurrency`, put an " +
  'ApiManagementGateway in front, or use ServerlessModel of modelship/aws';

/** Resources shared by both hosts of a serverless model. */
export interface ServerlessBackendProps {
  readonly placement: Placement;
  readonly telemetry: Telemetry;
  /** Application for the callers' tokens. Set with `Access.cloudIdentity()`. */
  readonly entra?: EntraApplication;
}
