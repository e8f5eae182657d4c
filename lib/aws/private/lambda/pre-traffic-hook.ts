import { Duration, Stack } from 'aws-cdk-lib';
import type { LambdaDeploymentGroup } from 'aws-cdk-lib/aws-codedeploy';
import { type IRole, Policy, PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { type Alias, Code, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type LogGroupProps } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { gateFolder } from '../../../bundle/gate-folder.js';
import { GATE_ENVIRONMENT } from '../../../bundle/gate-questions.js';
import type { Model } from '../../../model/model.js';
import type { RolloutGate } from '../../../serving/rollout-gate.js';
import { functionRole } from './role.js';
import { NODE } from './runtime-layer.js';

export interface PreTrafficHookProps {
  readonly model: Model;
  readonly gate: RolloutGate;
  readonly alias: Alias;
  readonly logs: LogGroupProps;
  readonly encryptionKey?: IKey;
}

/** Longest time of a function. CodeDeploy would wait for an hour. */
const TIMEOUT = Duration.minutes(15);

/** Memory of one vCPU. The data set is read row by row, and its labels and predictions are kept. */
const MEMORY_MIB = 1769;

/** Function that asks a new version the questions of a gate before CodeDeploy shifts traffic to it. */
export class PreTrafficHook extends Construct {
  readonly function: LambdaFunction;
  readonly logGroup: LogGroup;
  private readonly role: IRole;

  constructor(scope: Construct, id: string, { model, gate, alias, logs, encryptionKey }: PreTrafficHookProps) {
    super(scope, id);
    const { directory, digest } = gateFolder(model, gate);
    this.logGroup = new LogGroup(this, 'Logs', logs);
    this.role = functionRole(this, 'Role', this.logGroup);
    this.role.addToPrincipalPolicy(
      new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [alias.version.functionArn] }),
    );
    this.function = new LambdaFunction(this, 'Resource', {
      description: `Asks a new version of the model ${model.name} the questions of its gate`,
      runtime: NODE,
      handler: 'hook.codeDeployHandler',
      code: Code.fromAsset(directory, { assetHash: digest }),
      memorySize: MEMORY_MIB,
      timeout: TIMEOUT,
      environment: {
        [GATE_ENVIRONMENT.version]: alias.version.functionArn,
        [GATE_ENVIRONMENT.urlSuffix]: Stack.of(this).urlSuffix,
      },
      environmentEncryption: encryptionKey,
      logGroup: this.logGroup,
      role: this.role,
    });
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
