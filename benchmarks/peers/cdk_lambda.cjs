// A CDK app written by hand, with the resources that ServerlessModel makes for AWS. It is given the same shortcut: the
// digests of what it uploads.
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { App, Duration, RemovalPolicy, Stack } = require('aws-cdk-lib');
const apigateway = require('aws-cdk-lib/aws-apigateway');
const cloudwatch = require('aws-cdk-lib/aws-cloudwatch');
const { PolicyStatement, Role, ServicePrincipal } = require('aws-cdk-lib/aws-iam');
const lambda = require('aws-cdk-lib/aws-lambda');
const { LogGroup, RetentionDays } = require('aws-cdk-lib/aws-logs');

const [directory, outdir, layerDirectory, layerDigest] = process.argv.slice(2);
const { digest } = JSON.parse(readFileSync(join(directory, 'model.json'), 'utf8'));
const period = Duration.minutes(1);
const logs = { retention: RetentionDays.THREE_MONTHS, removalPolicy: RemovalPolicy.DESTROY };

const app = new App({ outdir });
const stack = new Stack(app, 'iris');
const layer = new lambda.LayerVersion(stack, 'Runtime', {
  code: lambda.Code.fromAsset(layerDirectory, { assetHash: layerDigest }),
  compatibleArchitectures: [lambda.Architecture.ARM_64],
  removalPolicy: RemovalPolicy.RETAIN,
});
const logGroup = new LogGroup(stack, 'Logs', logs);
const role = new Role(stack, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
role.addToPolicy(
  new PolicyStatement({
    actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    resources: [logGroup.logGroupArn],
  }),
);
const handler = new lambda.Function(stack, 'Function', {
  runtime: lambda.Runtime.NODEJS_24_X,
  architecture: lambda.Architecture.ARM_64,
  handler: '/opt/modelship/lambda.handler',
  layers: [layer],
  code: lambda.Code.fromAsset(directory, { assetHash: digest.slice('sha256:'.length) }),
  memorySize: 1769,
  timeout: Duration.seconds(29),
  environment: { MODELSHIP_MODEL: '/var/task', MODELSHIP_MODEL_DIGEST: digest, MODELSHIP_TIMEOUT_SECONDS: '29' },
  logGroup,
  role,
  tracing: lambda.Tracing.ACTIVE,
  currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN },
});
const alias = handler.addAlias('live');

const api = new apigateway.RestApi(stack, 'Api', {
  endpointTypes: [apigateway.EndpointType.REGIONAL],
  binaryMediaTypes: ['application/octet-stream', 'application/x-npy'],
  cloudWatchRole: false,
  deployOptions: {
    throttlingRateLimit: 100,
    throttlingBurstLimit: 200,
    accessLogDestination: new apigateway.LogGroupLogDestination(new LogGroup(stack, 'AccessLogs', logs)),
    accessLogFormat: apigateway.AccessLogFormat.jsonWithStandardFields(),
    loggingLevel: apigateway.MethodLoggingLevel.ERROR,
    metricsEnabled: true,
    tracingEnabled: true,
  },
});
const logRole = new Role(stack, 'ApiLogRole', { assumedBy: new ServicePrincipal('apigateway.amazonaws.com') });
logRole.addToPolicy(
  new PolicyStatement({
    actions: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents'],
    resources: ['*'],
  }),
);
const account = new apigateway.CfnAccount(stack, 'ApiAccount', { cloudWatchRoleArn: logRole.roleArn });
api.deploymentStage.node.addDependency(account);
const method = {
  authorizationType: apigateway.AuthorizationType.IAM,
  requestValidator: api.addRequestValidator('Validator', {
    validateRequestBody: true,
    validateRequestParameters: true,
  }),
};
const integration = new apigateway.LambdaIntegration(alias, { timeout: Duration.seconds(29), allowTestInvoke: false });
api.root.addMethod('ANY', integration, method);
api.root.addResource('{proxy+}').addMethod('ANY', integration, method);

const alarm = (id, metric, threshold) =>
  new cloudwatch.Alarm(stack, id, {
    metric,
    threshold,
    evaluationPeriods: 3,
    treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
  });
const failed = new cloudwatch.MathExpression({
  expression: '100 * FILL(failed, 0) / MAX([requests, 1])',
  usingMetrics: { failed: api.metricServerError({ period }), requests: api.metricCount({ period }) },
  period,
});
alarm('Errors', failed, 5);
alarm('Latency', api.metricLatency({ statistic: 'p99', period }), 23_200);
alarm('Saturation', alias.metricThrottles({ period }), 1);
const graph = (title, left) => new cloudwatch.GraphWidget({ title, left, width: 12 });
const percentiles = (metric) => ['p50', 'p90', 'p99'].map((statistic) => metric({ statistic, period }));
new cloudwatch.Dashboard(stack, 'Dashboard', {
  widgets: [
    [
      graph('Requests', [
        api.metricCount({ period }),
        api.metricClientError({ period }),
        api.metricServerError({ period }),
      ]),
      graph(
        'Latency',
        percentiles((props) => api.metricLatency(props)),
      ),
    ],
    [
      graph('Environments', [
        alias.metric('ConcurrentExecutions', { statistic: 'Maximum', period }),
        alias.metricThrottles({ period }),
      ]),
      graph(
        'Duration',
        percentiles((props) => alias.metricDuration(props)),
      ),
    ],
  ],
});
app.synth();
