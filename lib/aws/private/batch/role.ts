import { ArnFormat, Stack } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';

/** What the state machine may do, statement by statement. */
export class BatchRole extends Role {
  constructor(scope: Construct, id: string) {
    super(scope, id, {
      assumedBy: new ServicePrincipal('states.amazonaws.com', {
        // Against a confused deputy: Step Functions takes the role for this account only.
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } },
      }),
      description: 'Runs batches of predictions',
    });
    this.addToPolicy(
      new PolicyStatement({
        actions: [
          'logs:CreateLogDelivery',
          'logs:DeleteLogDelivery',
          'logs:DescribeLogGroups',
          'logs:DescribeResourcePolicies',
          'logs:GetLogDelivery',
          'logs:ListLogDeliveries',
          'logs:PutResourcePolicy',
          'logs:UpdateLogDelivery',
        ],
        // Deliveries of logs know no resources.
        resources: ['*'],
      }),
    );
    this.addToPolicy(
      new PolicyStatement({
        actions: [
          'xray:GetSamplingRules',
          'xray:GetSamplingTargets',
          'xray:PutTelemetryRecords',
          'xray:PutTraceSegments',
        ],
        // Traces know no resources.
        resources: ['*'],
      }),
    );
  }

  /** Files to read, and results to write, in as many parts as they have. */
  mayMap(input: IBucket, inputPrefix: string, output: IBucket, outputPrefix: string): void {
    this.addToPolicy(
      new PolicyStatement({ actions: ['s3:GetObject'], resources: [input.arnForObjects(`${inputPrefix}*`)] }),
    );
    this.addToPolicy(
      new PolicyStatement({
        actions: ['s3:AbortMultipartUpload', 's3:GetObject', 's3:ListMultipartUploadParts', 's3:PutObject'],
        resources: [output.arnForObjects(`${outputPrefix}*`)],
      }),
    );
    input.encryptionKey?.grantDecrypt(this);
    output.encryptionKey?.grantEncryptDecrypt(this);
  }

  /** A Distributed Map runs its requests as executions of the state machine itself. */
  mayRunItself(stateMachineName: string): void {
    const arn = (resource: string, name: string) =>
      Stack.of(this).formatArn({
        service: 'states',
        resource,
        resourceName: name,
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      });
    this.addToPolicy(
      new PolicyStatement({ actions: ['states:StartExecution'], resources: [arn('stateMachine', stateMachineName)] }),
    );
    this.addToPolicy(
      new PolicyStatement({
        actions: ['states:DescribeExecution', 'states:RedriveExecution', 'states:StopExecution'],
        // Executions have no names before they run; those of a map have its label after a slash.
        resources: [arn('execution', `${stateMachineName}/*`), arn('execution', `${stateMachineName}:*`)],
      }),
    );
  }

  /** The disks of a job's instances are encrypted by a grant that whoever starts the job makes. */
  mayEncryptDisks(key: IKey): void {
    this.addToPolicy(new PolicyStatement({ actions: ['kms:DescribeKey'], resources: [key.keyArn] }));
    this.addToPolicy(
      new PolicyStatement({
        actions: ['kms:CreateGrant'],
        resources: [key.keyArn],
        // To services of AWS alone, such as the one that makes the disks.
        conditions: { Bool: { 'kms:GrantIsForAWSResource': 'true' } },
      }),
    );
  }

  /** Jobs of one model, and the rule by which Step Functions hears of their end. */
  mayTransform(jobPrefix: string): void {
    const stack = Stack.of(this);
    this.addToPolicy(
      new PolicyStatement({
        actions: [
          'sagemaker:AddTags',
          'sagemaker:CreateTransformJob',
          'sagemaker:DescribeTransformJob',
          'sagemaker:ListTags',
          'sagemaker:StopTransformJob',
        ],
        // Jobs have no names before they run.
        resources: [
          stack.formatArn({ service: 'sagemaker', resource: 'transform-job', resourceName: `${jobPrefix}-*` }),
        ],
      }),
    );
    this.addToPolicy(
      new PolicyStatement({
        actions: ['events:DescribeRule', 'events:PutRule', 'events:PutTargets'],
        resources: [
          stack.formatArn({
            service: 'events',
            resource: 'rule',
            resourceName: 'StepFunctionsGetEventsForSageMakerTransformJobsRule',
          }),
        ],
      }),
    );
  }
}
