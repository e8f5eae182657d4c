// Many models in one stack, each on an endpoint of its own; prints what it took once everything is loaded.
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { App, Stack } = require('aws-cdk-lib');
const { ImageSource, Model } = require('../../dist/lib/index.js');
const { ManagedEndpointModel } = require('../../dist/lib/aws/index.js');

const [directory, outdir, count, uri] = process.argv.slice(2);
const model = Model.fromDirectory(directory);
const image = ImageSource.fromRegistry(uri);

function synth(models) {
  const since = performance.now();
  // Without CDK's own resource for its statistics, 50 endpoints are the 500 resources that CloudFormation takes.
  const app = new App({ outdir, analyticsReporting: false });
  const stack = new Stack(app, 'many');
  for (let index = 0; index < models; index++) new ManagedEndpointModel(stack, `Model${index}`, { model, image });
  app.synth();
  return performance.now() - since;
}

// CDK loads most of its modules when they are first asked for.
synth(1);
const ms = synth(Number(count));
const template = readFileSync(join(outdir, 'many.template.json'));
const resources = Object.keys(JSON.parse(template.toString()).Resources).length;
process.stdout.write(JSON.stringify({ ms, bytes: template.length, resources }));
