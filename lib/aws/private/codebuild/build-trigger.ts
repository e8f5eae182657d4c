import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { type IRole, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Architecture, Code, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { functionRole } from '../lambda/role.js';
import { NODE } from '../lambda/runtime-layer.js';

/**
 * Starts the build and passes it CloudFormation's response URL, so that no function has to wait for the build. The
 * function responds itself if the build cannot start, and to deletions, which have nothing to undo.
 */
const HANDLER = `
const { CodeBuildClient, StartBuildCommand } = require('@aws-sdk/client-codebuild');

exports.handler = async (event) => {
  const { RequestType, ResourceProperties, ResponseURL, StackId, RequestId, LogicalResourceId } = event;
  const answer = (Status, Reason) =>
    fetch(ResponseURL, {
      method: 'PUT',
      headers: { 'Content-Type': '' },
      body: JSON.stringify({
        Status,
        Reason,
        StackId,
        RequestId,
        LogicalResourceId,
        PhysicalResourceId: event.PhysicalResourceId ?? ResourceProperties.Tag,
      }),
    });
  if (RequestType === 'Delete') return answer('SUCCESS', 'the image stays as long as its repository');
  const variables = {
    RESPONSE_URL: ResponseURL,
    STACK_ID: StackId,
    REQUEST_ID: RequestId,
    LOGICAL_ID: LogicalResourceId,
  };
  try {
    const { build } = await new CodeBuildClient().send(
      new StartBuildCommand({
        projectName: ResourceProperties.Project,
        environmentVariablesOverride: Object.entries(variables).map(([name, value]) => ({ name, value })),
      }),
    );
    console.log(JSON.stringify({ build: build.id }));
  } catch (error) {
    await answer('FAILED', 'the build was not started: ' + error.message);
  }
};
`;

/** Lambda function behind the custom resource that represents an image. */
export class BuildTrigger extends Construct {
  readonly function: LambdaFunction;
  private readonly role: IRole;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const logGroup = new LogGroup(this, 'Logs', {
      retention: RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.role = functionRole(this, 'Role', logGroup);
    this.function = new LambdaFunction(this, 'Resource', {
      description: 'Starts builds of the runtime image at deployment',
      runtime: NODE,
      architecture: Architecture.ARM_64,
      handler: 'index.handler',
      code: Code.fromInline(HANDLER),
      timeout: Duration.seconds(30),
      role: this.role,
      logGroup,
    });
  }

  mayStart(projectArn: string): void {
    this.role.addToPrincipalPolicy(new PolicyStatement({ actions: ['codebuild:StartBuild'], resources: [projectArn] }));
  }
}
