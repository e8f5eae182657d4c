// CDKTF apps as users have them, by the constructs: `modelship_terraform.cjs TARGETS PACKAGE OUTDIR`.
const { App, TerraformStack } = require('cdktf');
const { ImageSource, Model } = require('../../dist/lib/index.js');

const [targets, directory, outdir] = process.argv.slice(2);
const region = 'europe-west4';
const location = 'westeurope';
const image = ImageSource.fromRegistry('europe-west4-docker.pkg.dev/project/runtime/runtime:1');
const model = Model.fromDirectory(directory);
const app = new App({ outdir });

function googleStack(id) {
  const { GoogleProvider } = require('@cdktf/provider-google/lib/provider');
  const stack = new TerraformStack(app, id);
  new GoogleProvider(stack, 'google', { region });
  return stack;
}

function azureStack(id) {
  const { AzurermProvider } = require('@cdktf/provider-azurerm/lib/provider');
  const stack = new TerraformStack(app, id);
  new AzurermProvider(stack, 'azurerm', { features: [{}], storageUseAzuread: true });
  return stack;
}

function google(construct) {
  return (id) =>
    new (require('../../dist/lib/gcp/index.js')[construct])(googleStack(id), 'Model', { model, region, image });
}

function azure(construct, props) {
  return (id) => {
    const constructs = require('../../dist/lib/azure/index.js');
    new constructs[construct](azureStack(id), 'Model', { model, location, ...props(constructs) });
  };
}

const TARGETS = {
  'google-serverless': google('ServerlessModel'),
  'google-container': google('ContainerModel'),
  'google-managed-endpoint': google('ManagedEndpointModel'),
  'azure-functions': azure('ServerlessModel', () => ({})),
  'azure-container-apps': azure('ServerlessModel', ({ ServerlessHost }) => ({
    host: ServerlessHost.containerApps({ image }),
  })),
  'azure-container': azure('ContainerModel', () => ({ image })),
  'azure-managed-endpoint': azure('ManagedEndpointModel', () => ({ image })),
};
for (const target of targets.split(',')) TARGETS[target](target);
app.synth();
