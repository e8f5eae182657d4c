import { GraphWidget, type IMetric } from 'aws-cdk-lib/aws-cloudwatch';

/** Creates a graph widget with half the width of a dashboard. */
export function graph(title: string, left: IMetric[]): GraphWidget {
  return new GraphWidget({ title, left, width: 12 });
}
