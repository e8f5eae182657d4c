import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { CfnAccount } from 'aws-cdk-lib/aws-apigateway';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';

/**
 * Role that API Gateway assumes to write logs, set for the account in this region. Each stack creates at most one. It
 * is retained when the stack is deleted, because other stacks may write logs with it.
 */
export class ApiLogRole extends Construct {
  static of(scope: Construct): ApiLogRole {
    const stack = Stack.of(scope);
    const id = 'ModelshipApiLogRole';
    return (stack.node.tryFindChild(id) as ApiLogRole | undefined) ?? new ApiLogRole(stack, id);
  }

  readonly role: Role;
  readonly account: CfnAccount;

  private constructor(scope: Construct, id: string) {
    super(scope, id);
    this.role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('apigateway.amazonaws.com'),
      description: 'Allows API Gateway to write logs',
    });
    const logs = Stack.of(this).formatArn({ service: 'logs', resource: '*' });
    this.role.addToPolicy(
      new PolicyStatement({
        // API Gateway checks these permissions, for log groups of any name, before it accepts the role.
        actions: [
          'logs:CreateLogGroup',
          'logs:CreateLogStream',
          'logs:DescribeLogGroups',
          'logs:DescribeLogStreams',
          'logs:PutLogEvents',
          'logs:GetLogEvents',
          'logs:FilterLogEvents',
        ],
        resources: [logs],
      }),
    );
    this.role.applyRemovalPolicy(RemovalPolicy.RETAIN);
    this.account = new CfnAccount(this, 'Resource', { cloudWatchRoleArn: this.role.roleArn });
    this.account.applyRemovalPolicy(RemovalPolicy.RETAIN);
    // API Gateway checks the role as soon as the account setting is created.
    this.account.node.addDependency(this.role);
  }
}
