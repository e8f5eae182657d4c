import { Stack } from 'aws-cdk-lib';
import type { LambdaDeploymentGroup } from 'aws-cdk-lib/aws-codedeploy';
import { Policy, PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import type { Alias } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { GATE_ENVIRONMENT } from '../../../bundle/gate-questions.js';
import { GateFunction, type GateProps } from './gate-function.js';

export interface PreTrafficHookProps extends GateProps {
  readonly alias: Alias;
}

/** Function that asks a new version the questions of a gate before CodeDeploy shifts traffic to it. */
export class PreTrafficHook extends GateFunction {
  constructor(scope: Construct, id: string, { alias, ...props }: PreTrafficHookProps) {
    const { functionArn } = alias.version;
    super(scope, id, {
      ...props,
      handler: 'codeDeployHandler',
      environment: {
        [GATE_ENVIRONMENT.version]: functionArn,
        [GATE_ENVIRONMENT.urlSuffix]: Stack.of(scope).urlSuffix,
      },
    });
    this.role.addToPrincipalPolicy(
      new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [functionArn] }),
    );
  }

  /** Makes CodeDeploy invoke the function before it shifts traffic, and wait for its verdict. */
  attach(group: LambdaDeploymentGroup, deploymentRole: Role, alias: Alias): void {
    group.addPreHook(this.function);
    // A policy of its own, because the group waits for the other policy of its role, and this function for the group.
    const invoke = new Policy(this, 'Invoke', {
      roles: [deploymentRole],
      statements: [new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [this.function.functionArn] })],
    });
    // CodeDeploy invokes the function while CloudFormation updates the alias.
    alias.node.addDependency(this.function, this.role, invoke);
  }
}
