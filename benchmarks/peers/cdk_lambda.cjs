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
    loggingLevel: apigateway.MethodLoggingLevel.OFF,
    metricsEnabled: true,
    tracingEnabled: true,
  },
});
const method = {
  authorizationType: apigateway.AuthorizationType.IAM,
  requestValidator: api.addRequestValidator('Validator', {
    validateRequestBody: true,
    validateRequestParameters: true,
  }),
};
const integration = new apigateway.LambdaIntegration(alias, {
  timeout: Duration.seconds(29),
  allowTestInvoke: false,
  scopePermissionToMethod: false,
  responseTransferMode: apigateway.ResponseTransferMode.STREAM,
});
api.root.addMethod('ANY', integration, method);
api.root.addResource('{proxy+}').addMethod('ANY', integration, method);

// Requests of the two protocols that most clients speak are checked before the function is paid for.
const { ARRAY, NUMBER, NULL, INTEGER, OBJECT, STRING } = apigateway.JsonSchemaType;
const row = { type: ARRAY, items: { type: [NUMBER, NULL] }, minItems: 4, maxItems: 4 };
const named = { type: OBJECT, required: ['features'], properties: { features: row } };
const text = { type: STRING };
const checked = [
  [
    'Predict',
    '/v1/models/iris:predict',
    {
      properties: {
        signature_name: text,
        instances: { type: ARRAY, minItems: 1, items: { anyOf: [row, named] } },
        inputs: {},
      },
    },
  ],
  [
    'Infer',
    '/v2/models/iris/infer',
    {
      required: ['inputs'],
      properties: {
        inputs: {
          type: ARRAY,
          minItems: 1,
          maxItems: 1,
          items: {
            type: OBJECT,
            required: ['name', 'shape', 'datatype'],
            properties: { name: text, datatype: text, shape: { type: ARRAY, items: { type: INTEGER } }, data: {} },
          },
        },
      },
    },
  ],
];
for (const [name, path, schema] of checked) {
  const model = api.addModel(name, { contentType: 'application/json', schema: { type: OBJECT, ...schema } });
  api.root.resourceForPath(path).addMethod('POST', integration, {
    ...method,
    requestModels: { 'application/json': model },
  });
}
const refusal = (id, type, statusCode, error, retryAfter) =>
  api.addGatewayResponse(id, {
    type,
    statusCode,
    templates: { 'application/json': `{"error": ${error}}` },
    ...(retryAfter && { responseHeaders: { 'Retry-After': `'${retryAfter}'` } }),
  });
const { BAD_REQUEST_BODY, QUOTA_EXCEEDED, THROTTLED } = apigateway.ResponseType;
refusal('Throttled', THROTTLED, '429', '$context.error.messageString', '1');
refusal('QuotaExceeded', QUOTA_EXCEEDED, '429', '$context.error.messageString', '3600');
refusal('InvalidBody', BAD_REQUEST_BODY, '400', '"$context.error.validationErrorString"');

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
