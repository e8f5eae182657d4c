/** Limits of AKS: https://learn.microsoft.com/azure/aks/quotas-skus-regions */
export const AKS = {
  nodes: { min: 0, max: 1000, source: 'a node pool of AKS' },
  /** Maximum length of a name. A cluster's DNS prefix allows 54 characters, and Kubernetes names allow a few less. */
  nameLength: 40,
  replicas: { min: 1, max: 1000, source: 'a HorizontalPodAutoscaler' },
  timeoutSeconds: { min: 1, max: 3600, unit: 'seconds', source: 'ContainerModel' },
} as const;
