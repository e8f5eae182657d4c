#!/usr/bin/env node
import { join } from 'node:path';
import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import { Architecture } from 'aws-cdk-lib/aws-lambda';
import { ServerlessModel } from '../lib/aws/index.js';
import { Model } from '../lib/model/index.js';
import { Access } from '../lib/serving/index.js';

// Context: `-c package=FOLDER`, or `-c example=NAME` for one of examples/. Without either, the iris example.
const app = new App();
const example = app.node.tryGetContext('example') ?? 'iris';
const directory = app.node.tryGetContext('package') ?? join('examples', example, 'model');
const model = Model.fromDirectory(directory);

const ACCESS: Readonly<Record<string, () => Access>> = {
  cloudIdentity: Access.cloudIdentity,
  apiKey: Access.apiKey,
  anonymous: Access.anonymous,
};
const access = app.node.tryGetContext('access') ?? 'cloudIdentity';
if (!(access in ACCESS)) {
  throw new Error(`got -c access=${access}; ${Object.keys(ACCESS).join(', ')} are allowed`);
}
const architecture = app.node.tryGetContext('architecture') ?? Architecture.ARM_64.name;

const stack = new Stack(app, `Modelship-${model.name}`, { description: `The model ${model.name}, by Modelship` });
const endpoint = new ServerlessModel(stack, 'Model', {
  model,
  access: ACCESS[access]!(),
  architecture: Architecture.custom(architecture),
});

new CfnOutput(stack, 'url', { value: endpoint.url });
new CfnOutput(stack, 'predictUrl', { value: endpoint.predictUrl });
