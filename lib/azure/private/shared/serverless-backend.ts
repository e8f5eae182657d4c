import type { EntraApplication } from './entra-application.js';
import type { Placement } from './placement.js';
import type { Telemetry } from './telemetry.js';

/** Resources shared by both hosts of a serverless model. */
export interface ServerlessBackendProps {
  readonly placement: Placement;
  readonly telemetry: Telemetry;
  /** Application for the callers' tokens. Set with `Access.cloudIdentity()`. */
  readonly entra?: EntraApplication;
}
