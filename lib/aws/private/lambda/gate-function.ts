import { Duration } from 'aws-cdk-lib';
import type { ISecurityGroup, IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Code, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type LogGroupProps } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { gateFolder } from '../../../bundle/gate-folder.js';
import type { Model } from '../../../model/model.js';
import type { RolloutGate } from '../../../serving/rollout-gate.js';
import { addNetworkAccess, functionRole } from './role.js';
import { NODE } from './runtime-layer.js';

/** Options of a gate on every service. */
export interface GateProps {
  readonly model: Model;
  readonly gate: RolloutGate;
  readonly logs: LogGroupProps;
  readonly encryptionKey?: IKey;
}

interface GateFunctionProps extends GateProps {
  /** Exported function of `lib/gate/hook.ts`. */
  readonly handler: 'codeDeployHandler' | 'ecsHandler';
  readonly environment: Readonly<Record<string, string>>;
  /** Network in which the version is reachable. @default - the function is in no VPC */
  readonly network?: {
    readonly vpc: IVpc;
    readonly subnets: SubnetSelection;
    readonly securityGroup: ISecurityGroup;
  };
}

/** Longest time of a function. CodeDeploy would wait for an hour. */
const TIMEOUT = Duration.minutes(15);

/** Memory of one vCPU. The data set is read row by row, and its labels and predictions are kept. */
const MEMORY_MIB = 1769;

/** Function that asks a new version the questions of a gate. */
export class GateFunction extends Construct {
  readonly function: LambdaFunction;
  readonly logGroup: LogGroup;
  protected readonly role: IRole;

  constructor(scope: Construct, id: string, props: GateFunctionProps) {
    super(scope, id);
    const { model, gate, logs, encryptionKey, handler, environment, network } = props;
    const { directory, digest } = gateFolder(model, gate);
    this.logGroup = new LogGroup(this, 'Logs', logs);
    this.role = functionRole(this, 'Role', this.logGroup);
    if (network) addNetworkAccess(this.role);
    this.function = new LambdaFunction(this, 'Resource', {
      description: `Asks a new version of the model ${model.name} the questions of its gate`,
      runtime: NODE,
      handler: `hook.${handler}`,
      code: Code.fromAsset(directory, { assetHash: digest }),
      memorySize: MEMORY_MIB,
      timeout: TIMEOUT,
      environment,
      environmentEncryption: encryptionKey,
      logGroup: this.logGroup,
      role: this.role,
      ...(network && {
        vpc: network.vpc,
        vpcSubnets: network.subnets,
        securityGroups: [network.securityGroup],
      }),
    });
  }
}
