/** Limits of AKS: https://learn.microsoft.com/azure/aks/quotas-skus-regions */
export const AKS = {
  nodes: { min: 0, max: 1000, source: 'a node pool of AKS' },
  /** Maximum length of a name, below the 54 characters of a cluster's DNS prefix and the 63 of a Kubernetes name. */
  nameLength: 40,
  replicas: { min: 1, max: 1000, source: 'a HorizontalPodAutoscaler' },
  timeoutSeconds: { min: 1, max: 3600, unit: 'seconds', source: 'ContainerModel' },
  /** Minimum length of a window: https://learn.microsoft.com/azure/aks/planned-maintenance */
  maintenanceHours: 4,
} as const;
