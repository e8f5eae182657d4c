import type { ServingProps } from '../props.js';

/** The names of the props that every construct on every cloud takes. */
export const SERVING_PROPS: Readonly<Record<keyof ServingProps, true>> = {
  model: true,
  access: true,
  minReplicas: true,
  maxReplicas: true,
  rollout: true,
  throttle: true,
  timeoutSeconds: true,
  logRetentionDays: true,
  dashboard: true,
  environment: true,
};
