// A model on Lambda by the construct, as a user's app has it.
const { App, Stack } = require('aws-cdk-lib');
const { Model } = require('../../dist/lib/index.js');
const { ServerlessModel } = require('../../dist/lib/aws/index.js');

const [directory, outdir] = process.argv.slice(2);
const app = new App({ outdir });
new ServerlessModel(new Stack(app, 'iris'), 'Model', { model: Model.fromDirectory(directory) });
app.synth();
