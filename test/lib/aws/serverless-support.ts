import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { ServerlessModel, type ServerlessModelProps } from '../../../lib/aws/index.js';
import { Model } from '../../../lib/model/model.js';
import { type PackageOverrides, writePackage } from '../../support/packages.js';
import { faultsOf } from './faults.js';

export type Props = Partial<ServerlessModelProps>;

export const model = Model.fromDirectory(writePackage());

/** A package of any size: only the manifest is read. */
export function modelOf(mebibytes: number, overrides: PackageOverrides = {}): Model {
  const content = { 'model.onnx': 'weights', 'samples.json': '[]' };
  const sized = Model.fromDirectory(writePackage({ name: 'large', content, ...overrides }), { trustPickle: true });
  Object.defineProperty(sized, 'sizeBytes', { value: mebibytes * 2 ** 20 });
  return sized;
}

export function make(props: Props | ((stack: Stack) => Props) = {}) {
  // Nobody uploads the layer, which need not be copied for each test.
  const context = { 'aws:cdk:disable-asset-staging': true };
  const stack = new Stack(new App({ analyticsReporting: false, context }), 'S');
  const endpoint = new ServerlessModel(stack, 'Iris', {
    model,
    ...(typeof props === 'function' ? props(stack) : props),
  });
  return { stack, endpoint, template: () => Template.fromStack(stack) };
}

/** `prop: CODE` of everything that is wrong. */
export function faults(props: Props | ((stack: Stack) => Props)): string[] {
  return faultsOf(() => make(props));
}

/** The statements that `grantInvoke` gives a caller. */
// biome-ignore lint/suspicious/noExplicitAny: a template is whatever CloudFormation allows
export function granted(props: Props | ((stack: Stack) => Props)): any[] {
  const { stack, endpoint } = make(props);
  endpoint.grantInvoke(new Role(stack, 'Caller', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') }));
  const policies = Object.values(Template.fromStack(stack).findResources('AWS::IAM::Policy'));
  return policies
    .filter(({ Properties }) => Properties.Roles[0].Ref.startsWith('Caller'))
    .flatMap(({ Properties }) => Properties.PolicyDocument.Statement);
}
