/**
 * Limits of GKE. Sources: its API, and
 * https://cloud.google.com/kubernetes-engine/docs/concepts/autopilot-resource-requests
 */
export const GKE = {
  cpu: { min: 0.25, max: 222, fraction: true, unit: 'CPUs', source: 'GKE Autopilot' },
  memoryMib: { min: 512, max: 1_843_200, unit: 'MiB', source: 'GKE Autopilot' },
  autopilotDiskGib: { min: 1, max: 10, unit: 'GiB', source: 'GKE Autopilot without a GPU' },
  diskGib: { min: 1, max: 65_536, unit: 'GiB', source: 'a node' },
  maxReplicas: { min: 1, max: 1000, source: 'GKE' },
  timeoutSeconds: { min: 1, max: 86_400, unit: 'seconds', source: 'the load balancers of Google Cloud' },
  /** Maximum length: https://cloud.google.com/kubernetes-engine/docs/concepts/cluster-architecture */
  clusterNameLength: 40,
  workloadNameLength: 40,
  /**
   * Minimum length of a weekly window. A cluster needs 48 hours of maintenance in 32 days:
   * https://cloud.google.com/kubernetes-engine/docs/concepts/maintenance-windows-and-exclusions
   */
  maintenanceHours: 12,
} as const;
