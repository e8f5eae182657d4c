import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { expect } from 'vitest';
import { ContainerModel, type ContainerModelProps } from '../../../lib/aws/index.js';
import { minimal } from './container-variants.js';
import { faultsOf } from './faults.js';
import { text } from './granted-actions.js';
export type Props = Partial<ContainerModelProps>;

export function make(props: Props | ((stack: Stack) => Props) = {}) {
  const stack = new Stack(new App({ analyticsReporting: false }), 'S');
  const service = new ContainerModel(stack, 'Iris', {
    ...minimal,
    ...(typeof props === 'function' ? props(stack) : props),
  });
  return { stack, service, template: () => Template.fromStack(stack) };
}

/** Properties of the only resource of a type. */
export function only(template: Template, type: string) {
  const found = Object.values(template.findResources(type));
  expect(found).toHaveLength(1);
  return found[0]!.Properties;
}

/** `prop: CODE` of everything that is wrong. */
export function faults(props: Props | ((stack: Stack) => Props)): string[] {
  return faultsOf(() => make(props));
}

export interface WatchedMetric {
  readonly Id: string;
  readonly Expression?: string;
  readonly MetricStat?: { Metric: { MetricName: string; Dimensions: { Name: string; Value: unknown }[] } };
}

/** The expression of an alarm, and its metrics by name and whose they are. */
export function watched(template: Template, description: RegExp) {
  const [alarm] = Object.values(template.findResources('AWS::CloudWatch::Alarm')).filter(({ Properties }) =>
    description.test(Properties.AlarmDescription),
  );
  const { Metrics, ...alone } = alarm!.Properties;
  const queries: WatchedMetric[] = Metrics ?? [{ Id: 'alone', MetricStat: { Metric: alone } }];
  const whose = ({ Name, Value }: { Name: string; Value: unknown }) =>
    Name === 'TargetGroup' ? text(Value).replace(/^\{Iris(LoadBalancer)?|[0-9A-F]{8}\..*$/g, '') : Name;
  return {
    expression: queries.find(({ Expression }) => Expression)?.Expression,
    metrics: queries.flatMap(({ Id, MetricStat }) =>
      MetricStat ? [[Id, MetricStat.Metric.MetricName, ...MetricStat.Metric.Dimensions.map(whose)].join(' ')] : [],
    ),
  };
}

export const publicVpc = (stack: Stack) =>
  new Vpc(stack, 'Vpc', { subnetConfiguration: [{ name: 'public', subnetType: SubnetType.PUBLIC }] });

export const containerOf = (template: Template) => only(template, 'AWS::ECS::TaskDefinition').ContainerDefinitions[0];
