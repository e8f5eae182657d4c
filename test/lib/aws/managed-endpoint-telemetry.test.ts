import type { Template } from 'aws-cdk-lib/assertions';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { describe, expect, test } from 'vitest';
import { EndpointMode } from '../../../lib/aws/index.js';
import { text } from './granted-actions.js';
import { make, only, type Props } from './managed-endpoint-support.js';
import { secondModel } from './managed-endpoint-variants.js';

const queue: Props = (stack) => ({ mode: EndpointMode.asynchronous({ outputBucket: new Bucket(stack, 'B') }) });
const variants = (count: number): Props => ({
  mode: EndpointMode.realTime({
    variants: Array.from({ length: count }, (_, index) => ({ name: `V${index}`, model: secondModel })),
  }),
});

interface Watched {
  readonly Id: string;
  readonly Expression?: string;
  readonly MetricStat?: {
    readonly Stat: string;
    readonly Metric: { readonly MetricName: string; readonly Dimensions: { Name: string; Value: string }[] };
  };
}

/** Properties of an alarm, by the last part of its logical id. */
function alarm(props: Props, id: string): Record<string, unknown> & { watched: (string | undefined)[][] } {
  const found = Object.entries(make(props).template().findResources('AWS::CloudWatch::Alarm')).filter(([key]) =>
    new RegExp(`Telemetry${id}[0-9A-F]{8}$`).test(key),
  );
  expect(found).toHaveLength(1);
  const { Metrics = [], ...properties } = found[0]![1].Properties;
  const watched = Metrics as Watched[];
  return {
    ...properties,
    expression: watched.find(({ Expression }) => Expression)?.Expression,
    watched: watched.flatMap(({ MetricStat }) =>
      MetricStat
        ? [
            [
              MetricStat.Stat,
              MetricStat.Metric.MetricName,
              MetricStat.Metric.Dimensions.find(({ Name }) => Name === 'VariantName')?.Value,
            ],
          ]
        : [],
    ),
  };
}

const dashboard = (template: Template) =>
  JSON.parse(text(only(template, 'AWS::CloudWatch::Dashboard').DashboardBody)).widgets.map(
    ({ properties }: { properties: { title: string; metrics: unknown[][] } }) => properties,
  ) as { title: string; metrics: unknown[][] }[];

describe('the telemetry of a ManagedEndpointModel', () => {
  test('is a dashboard and alarms on errors, latency and saturation, and may go without the dashboard', () => {
    const template = make({ timeoutSeconds: 10 }).template();
    template.resourceCountIs('AWS::CloudWatch::Dashboard', 1);
    template.resourceCountIs('AWS::CloudWatch::Alarm', 3);
    template.hasResourceProperties('AWS::CloudWatch::Alarm', { MetricName: 'ModelLatency', Threshold: 8e6 });
    template.hasResourceProperties('AWS::CloudWatch::Alarm', { MetricName: 'CPUUtilizationNormalized', Threshold: 90 });
    make({ dashboard: false }).template().resourceCountIs('AWS::CloudWatch::Dashboard', 0);
  });

  test('tells of errors in percent, in every mode by a metric that SageMaker has there', () => {
    // https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-monitor.html lists all that an asynchronous one has.
    for (const props of [{}, queue, { mode: EndpointMode.serverless() }]) {
      expect(alarm(props, 'Errors')).toMatchObject({
        Threshold: 5,
        expression: '100 * variant0',
        watched: [['Average', 'Invocation5XXErrors', 'AllTraffic']],
      });
    }
  });

  test('counts the requests of an asynchronous endpoint by the name that they have there', () => {
    const { endpoint, template } = make(queue);
    expect(endpoint.metricRequests()).toMatchObject({ metricName: 'InvocationsProcessed', statistic: 'Sum' });
    expect(make().endpoint.metricRequests()).toMatchObject({ metricName: 'Invocations', statistic: 'Sum' });
    const names = dashboard(template()).flatMap(({ metrics }) => metrics.map(([, name]) => name));
    expect(names).toContain('InvocationsProcessed');
    expect(names).not.toContain('Invocations');
    expect(names).not.toContain('OverheadLatency');
  });

  test('tells of the concurrency of a serverless endpoint in percent, of which SageMaker gives a share', () => {
    expect(alarm({ mode: EndpointMode.serverless() }, 'Saturation')).toMatchObject({
      Threshold: 90,
      expression: '100 * variant0',
      watched: [['Maximum', 'ServerlessConcurrentExecutionsUtilization', 'AllTraffic']],
    });
  });

  test('watches the worst of several variants', () => {
    const worst = 'MAX([FILL(variant0, 0), FILL(variant1, 0)])';
    expect(alarm(variants(1), 'Errors')).toMatchObject({
      expression: `100 * ${worst}`,
      watched: [
        ['Average', 'Invocation5XXErrors', 'AllTraffic'],
        ['Average', 'Invocation5XXErrors', 'V0'],
      ],
    });
    expect(alarm(variants(1), 'Latency')).toMatchObject({
      expression: worst,
      Threshold: 48e6,
      watched: [
        ['p99', 'ModelLatency', 'AllTraffic'],
        ['p99', 'ModelLatency', 'V0'],
      ],
    });
    expect(alarm(variants(1), 'Saturation').watched.map((each) => each[2])).toEqual(['AllTraffic', 'V0']);
  });

  test('has no more metrics in an alarm than CloudWatch takes, with as many variants as SageMaker takes', () => {
    for (const id of ['Errors', 'Latency', 'Saturation']) expect(alarm(variants(9), id).watched).toHaveLength(10);
  });

  test('shows every variant, and a shadow, of which no alarm tells', () => {
    const shadow = { mode: EndpointMode.realTime({ shadow: { name: 'Shadow', model: secondModel } }) };
    const titles = (props: Props) => dashboard(make(props).template()).map(({ title }) => title);
    expect(titles(variants(2))).toEqual(
      expect.arrayContaining(['Requests and failures', 'Requests and failures, V0', 'Requests and failures, V1']),
    );
    expect(titles(shadow)).toContain('Latency in the container, microseconds, Shadow');
    expect(alarm(shadow, 'Errors').watched).toEqual([['Average', 'Invocation5XXErrors', 'AllTraffic']]);
  });
});
