import { ArnFormat, Stack } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';

/** Role of the state machine, with permissions added statement by statement. */
export class BatchRole extends Role {
  constructor(scope: Construct, id: string) {
    super(scope, id, {
      assumedBy: new ServicePrincipal('states.amazonaws.com', {
        // This condition prevents a confused deputy: Step Functions assumes the role for this account only.
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
        // Log deliveries have no resource-level permissions.
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
        // Traces have no resource-level permissions.
        resources: ['*'],
      }),
    );
  }

  /** Allows reading input files and writing results, in multipart uploads if needed. */
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

  /** Allows the state machine to start itself: a Distributed Map runs its requests as child executions. */
  allowNestedExecution(stateMachineName: string): void {
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
        // Execution names are unknown in advance; those of a map contain its label after a slash.
        resources: [arn('execution', `${stateMachineName}/*`), arn('execution', `${stateMachineName}:*`)],
      }),
    );
  }

  /** Allows encrypting the disks of a job's instances. The identity that starts the job must create the grant. */
  mayEncryptDisks(key: IKey): void {
    this.addToPolicy(new PolicyStatement({ actions: ['kms:DescribeKey'], resources: [key.keyArn] }));
    this.addToPolicy(
      new PolicyStatement({
        actions: ['kms:CreateGrant'],
        resources: [key.keyArn],
        // The grant may go only to AWS services, such as EBS.
        conditions: { Bool: { 'kms:GrantIsForAWSResource': 'true' } },
      }),
    );
  }

  /** Allows jobs of one model, and the EventBridge rule that notifies Step Functions when they end. */
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
        // Job names are unknown in advance.
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
