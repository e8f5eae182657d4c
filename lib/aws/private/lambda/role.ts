import { Effect, type IRole, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';

/** Allows `existing`, or a new role of a function, to write the function's logs, and returns it. */
export function functionRole(scope: Construct, id: string, logGroup: ILogGroup, existing?: IRole): IRole {
  const role =
    existing ??
    new Role(scope, id, {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: 'Permissions of a function that serves a model',
    });
  role.addToPrincipalPolicy(
    new PolicyStatement({ actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [logGroup.logGroupArn] }),
  );
  return role;
}

/**
 * Allows Lambda, but not the function's code, to attach the function to a VPC. Lambda uses this role for both.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
 */
export function addNetworkAccess(role: IRole): void {
  const actions = [
    'ec2:CreateNetworkInterface',
    'ec2:DescribeNetworkInterfaces',
    'ec2:DescribeSubnets',
    'ec2:DeleteNetworkInterface',
    'ec2:AssignPrivateIpAddresses',
    'ec2:UnassignPrivateIpAddresses',
  ];
  // Lambda rejects a role restricted to named network interfaces, because it has yet to create them.
  role.addToPrincipalPolicy(new PolicyStatement({ actions, resources: ['*'] }));
  role.addToPrincipalPolicy(
    new PolicyStatement({
      effect: Effect.DENY,
      actions,
      resources: ['*'],
      // Only requests from a function's code have this condition key.
      conditions: { Null: { 'lambda:SourceFunctionArn': 'false' } },
    }),
  );
}
