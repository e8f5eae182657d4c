// The same by the construct, as a user's app has it.
const { App, TerraformStack } = require('cdktf');
const { GoogleProvider } = require('@cdktf/provider-google/lib/provider');
const { ImageSource, Model } = require('../../dist/lib/index.js');
const { ServerlessModel } = require('../../dist/lib/gcp/index.js');

const [directory, image, outdir] = process.argv.slice(2);
const region = 'europe-west4';
const app = new App({ outdir });
const stack = new TerraformStack(app, 'google-serverless');
new GoogleProvider(stack, 'google', { region });
new ServerlessModel(stack, 'Model', {
  model: Model.fromDirectory(directory),
  region,
  image: ImageSource.fromRegistry(image),
});
app.synth();
