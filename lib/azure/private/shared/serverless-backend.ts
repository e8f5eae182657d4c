import type { EntraApplication } from './entra-application.js';
import type { Placement } from './placement.js';
import type { Telemetry } from './telemetry.js';

export const DEFAULT_TIMEOUT_SECONDS = 60;

/** What both hosts of a serverless model stand on. */
export interface ServerlessBackendProps {
  readonly placement: Placement;
  readonly telemetry: Telemetry;
  /** Set if callers bring tokens of Microsoft Entra ID. */
  readonly entra?: EntraApplication;
}
