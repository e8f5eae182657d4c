#!/usr/bin/env node
import { join } from 'node:path';
import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import { Architecture } from 'aws-cdk-lib/aws-lambda';
import { ContainerModel, ManagedEndpointModel, ServerlessFront, ServerlessModel } from '../lib/aws/index.js';
import { Model } from '../lib/model/index.js';
import { Access, ImageSource } from '../lib/serving/index.js';

// docs/aws.md lists the context values.
const app = new App();
const example = app.node.tryGetContext('example') ?? 'iris';
const directory = app.node.tryGetContext('package') ?? join('examples', example, 'model');
const model = Model.fromDirectory(directory, {
  trustPickle: app.node.tryGetContext('trustPickle') === 'true',
  trustCode: app.node.tryGetContext('trustCode') === 'true',
});

const ACCESS: Readonly<Record<string, () => Access>> = {
  cloudIdentity: Access.cloudIdentity,
  apiKey: Access.apiKey,
  anonymous: Access.anonymous,
};
const access = app.node.tryGetContext('access') ?? 'cloudIdentity';
if (!(access in ACCESS)) {
  throw new Error(`got -c access=${access}; ${Object.keys(ACCESS).join(', ')} are allowed`);
}
const FRONTS: Readonly<Record<string, () => ServerlessFront>> = {
  restApi: ServerlessFront.restApi,
  httpApi: ServerlessFront.httpApi,
  functionUrl: ServerlessFront.functionUrl,
};
const front = app.node.tryGetContext('front') ?? 'restApi';
if (!(front in FRONTS)) throw new Error(`got -c front=${front}; ${Object.keys(FRONTS).join(', ')} are allowed`);
const image = app.node.tryGetContext('image');
const replicas = (name: string): number | undefined => {
  const given = app.node.tryGetContext(name);
  return given === undefined ? undefined : Number(given);
};
const common = {
  model,
  minReplicas: replicas('minReplicas'),
  maxReplicas: replicas('maxReplicas'),
};
const container = { ...common, image: image === undefined ? undefined : ImageSource.fromRegistry(image) };
const architecture = app.node.tryGetContext('architecture') ?? Architecture.ARM_64.name;

interface Outputs {
  readonly url?: string;
  readonly predictUrl?: string;
  readonly predictCommand?: string;
}

/** One stack per target, so that each can be deployed without the others. */
const TARGETS: Readonly<Record<string, (stack: Stack) => Outputs>> = {
  serverless: (stack) =>
    new ServerlessModel(stack, 'Model', {
      ...common,
      access: ACCESS[access]!(),
      front: FRONTS[front]!(),
      architecture: Architecture.custom(architecture),
    }),
  container: (stack) => new ContainerModel(stack, 'Model', container),
  endpoint: (stack) => new ManagedEndpointModel(stack, 'Model', container),
};
const targets = String(app.node.tryGetContext('target') ?? 'serverless').split(',');
for (const target of targets) {
  const build = TARGETS[target];
  if (!build) throw new Error(`got -c target=${target}; ${Object.keys(TARGETS).join(', ')} are allowed`);
  const name = target === 'serverless' ? `Modelship-${model.name}` : `Modelship-${model.name}-${target}`;
  const stack = new Stack(app, name, { description: `The model ${model.name}, by Modelship` });
  const { url, predictUrl, predictCommand } = build(stack);
  for (const [name, value] of Object.entries({ url, predictUrl, predictCommand })) {
    if (value) new CfnOutput(stack, name, { value });
  }
}
