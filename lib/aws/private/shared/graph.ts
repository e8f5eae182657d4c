import { GraphWidget, type IMetric } from 'aws-cdk-lib/aws-cloudwatch';

/** A graph of half a dashboard's width. */
export function graph(title: string, left: IMetric[]): GraphWidget {
  return new GraphWidget({ title, left, width: 12 });
}
