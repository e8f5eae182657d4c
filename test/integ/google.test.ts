import { GoogleProvider } from '@cdktf/provider-google/lib/provider';
import { TerraformStack, Testing } from 'cdktf';
import { test } from 'vitest';
import { ManagedEndpointModel, ServerlessModel } from '../../lib/gcp/index.js';
import { CLOUD_TIMEOUT, deployToCloud, setting } from './cloud.js';
import { describeOnRequest } from './on-request.js';

const region = process.env.GOOGLE_REGION ?? 'europe-west4';

function stack(): TerraformStack {
  const project = setting('GOOGLE_PROJECT', 'the ID of a project in which you may create everything');
  const made = new TerraformStack(Testing.app({ context: { 'modelship:namePrefix': 'integ' } }), 'integ');
  new GoogleProvider(made, 'google', { project, region });
  return made;
}

const caller = () => setting('GOOGLE_CALLER', 'the IAM member of your gcloud login, such as user:ada@example.com');

describeOnRequest('google', () => {
  test('a service of Cloud Run predicts, is updated and is removed', { timeout: CLOUD_TIMEOUT }, () =>
    deployToCloud('Cloud Run', stack, (scope, model) => {
      const endpoint = new ServerlessModel(scope, 'Iris', { model, region, enableApis: true });
      endpoint.grantInvoke(caller());
      return endpoint;
    }),
  );

  test('an endpoint of Vertex AI predicts, is updated and is removed', { timeout: CLOUD_TIMEOUT }, () =>
    deployToCloud('Vertex AI', stack, (scope, model) => {
      const endpoint = new ManagedEndpointModel(scope, 'Iris', { model, region, enableApis: true });
      endpoint.grantInvoke(caller());
      return endpoint;
    }),
  );
});
