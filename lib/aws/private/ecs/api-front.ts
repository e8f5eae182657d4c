import { Duration } from 'aws-cdk-lib';
import {
  HttpApi,
  HttpMethod,
  HttpNoneAuthorizer,
  HttpStage,
  LogGroupLogDestination,
  VpcLink,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpIamAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpAlbIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { type IVpc, Port, SecurityGroup, type SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { LogGroupProps } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { DEFAULT_THROTTLE, type Throttle } from '../../../serving/throttle.js';
import { httpAccessLog, httpAccessLogGroup } from '../shared/access-log.js';
import { apiName } from '../shared/api-name.js';
import { HTTP_STAGE } from '../shared/http-stage.js';
import { rates } from '../shared/throttle.js';
import type { LoadBalancer } from './load-balancer.js';

export interface ApiFrontProps {
  readonly vpc: IVpc;
  readonly subnets: SubnetSelection;
  readonly loadBalancer: LoadBalancer;
  readonly domainName?: string;
  readonly throttle?: Throttle;
  readonly timeoutSeconds: number;
  readonly logs: LogGroupProps;
  /** Origins allowed to call the API from a browser (CORS). */
  readonly corsOrigins: readonly string[];
}

/** HTTP API that authenticates callers by IAM signatures and forwards their requests into the VPC. */
export class ApiFront extends Construct {
  readonly api: HttpApi;
  readonly stage: HttpStage;
  readonly vpcLink: VpcLink;

  constructor(scope: Construct, id: string, props: ApiFrontProps) {
    super(scope, id);
    const { vpc, loadBalancer, throttle = DEFAULT_THROTTLE } = props;
    const securityGroup = new SecurityGroup(this, 'SecurityGroup', {
      vpc,
      description: 'API Gateway, on its way to the load balancer',
      allowAllOutbound: false,
    });
    const port = Port.tcp(loadBalancer.port);
    loadBalancer.resource.connections.allowFrom(securityGroup, port, 'API Gateway');
    const name = apiName(this);
    this.vpcLink = new VpcLink(this, 'VpcLink', {
      vpc,
      // CDK would generate a name of up to 240 characters.
      vpcLinkName: name,
      subnets: props.subnets,
      securityGroups: [securityGroup],
    });
    this.api = new HttpApi(this, 'Resource', { apiName: name, createDefaultStage: false });
    const authorizer = new HttpIamAuthorizer();
    const integration = new HttpAlbIntegration('Service', loadBalancer.listener, {
      vpcLink: this.vpcLink,
      timeout: Duration.seconds(props.timeoutSeconds),
      secureServerName: props.domainName,
    });
    for (const path of ['/', '/{proxy+}']) {
      this.api.addRoutes({ path, methods: [HttpMethod.ANY], integration, authorizer });
      if (props.corsOrigins.length > 0) {
        this.api.addRoutes({ path, methods: [HttpMethod.OPTIONS], integration, authorizer: new HttpNoneAuthorizer() });
      }
    }
    this.stage = new HttpStage(this, 'Stage', {
      httpApi: this.api,
      stageName: HTTP_STAGE,
      autoDeploy: true,
      throttle: rates(throttle),
      accessLogSettings: {
        destination: new LogGroupLogDestination(httpAccessLogGroup(this, props.logs)),
        format: httpAccessLog(),
      },
      detailedMetricsEnabled: true,
    });
  }

  grantInvoke(grantee: IGrantable): Grant {
    return Grant.addToPrincipal({
      grantee,
      actions: ['execute-api:Invoke'],
      resourceArns: [this.api.arnForExecuteApi('*', '/*', HTTP_STAGE)],
    });
  }
}
