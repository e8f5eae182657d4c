import { type IVpc, Port, SecurityGroup, type SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import { type BaseService, DeploymentLifecycleLambdaTarget, DeploymentLifecycleStage } from 'aws-cdk-lib/aws-ecs';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { GATE_ENVIRONMENT } from '../../../bundle/gate-questions.js';
import { GateFunction, type GateProps } from '../lambda/gate-function.js';
import { type LoadBalancer, TEST_PORT } from './load-balancer.js';

export interface LifecycleHookProps extends GateProps {
  readonly loadBalancer: LoadBalancer;
  readonly vpc: IVpc;
  readonly subnets: SubnetSelection;
  /** Name in the certificate of the load balancer. @default - it has no certificate */
  readonly domainName?: string;
}

/**
 * Function that asks a new version the questions of a gate before ECS shifts production traffic to it. It reaches only the
 * port of the load balancer for tests.
 */
export class LifecycleHook extends GateFunction {
  constructor(scope: Construct, id: string, { loadBalancer, vpc, subnets, domainName, ...props }: LifecycleHookProps) {
    const securityGroup = new SecurityGroup(scope, `${id}SecurityGroup`, {
      vpc,
      description: 'Gate of a rollout, on its way to the load balancer',
      allowAllOutbound: false,
    });
    super(scope, id, {
      ...props,
      handler: 'ecsHandler',
      environment: {
        [GATE_ENVIRONMENT.testUrl]: loadBalancer.testUrl,
        ...(domainName !== undefined && { [GATE_ENVIRONMENT.serverName]: domainName }),
      },
      network: { vpc, subnets, securityGroup },
    });
    loadBalancer.resource.connections.allowFrom(securityGroup, Port.tcp(TEST_PORT), 'Gate of a rollout');
  }

  /** Makes ECS invoke the function once tests reach the new version, and wait for its verdict. */
  attach(service: BaseService): void {
    const role = new Role(this, 'InvokeRole', {
      // The trust policy has no condition, like the one in AWS's guide:
      // https://docs.aws.amazon.com/AmazonECS/latest/developerguide/blue-green-permissions.html
      assumedBy: new ServicePrincipal('ecs.amazonaws.com'),
      description: 'Invokes the gate of a rollout',
    });
    role.addToPolicy(
      new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [this.function.functionArn] }),
    );
    service.addLifecycleHook(
      new DeploymentLifecycleLambdaTarget(this.function, 'Gate', {
        role,
        lifecycleStages: [DeploymentLifecycleStage.POST_TEST_TRAFFIC_SHIFT],
      }),
    );
    // ECS invokes the function while CloudFormation creates or updates the service.
    service.node.addDependency(this);
  }
}
