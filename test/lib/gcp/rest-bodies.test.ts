import { TerraformVariable } from 'cdktf';
import { expect, test } from 'vitest';
import { GoogleImage, Gpu, ManagedEndpointModel, type ManagedEndpointModelProps } from '../../../lib/gcp/index.js';
import { Model } from '../../../lib/model/model.js';
import { ImageSource, ModelServer, Rollout } from '../../../lib/serving/index.js';
import { APIS, mismatches, type Schema } from '../../support/google-apis/apis.js';
import { writePackage } from '../../support/packages.js';
import { evaluate } from '../../support/terraform.js';
import { describeWithTool } from '../../support/tools.js';
import { googleStack, KEY, minimal, type Template, template } from './support.js';

const VERTEX = APIS['aiplatform.v1']!.types;
const BUILD = APIS['cloudbuild.v1']!.types;

/** The request that each call of the REST API makes, by the end of its path. */
function typeOf(path: string): [Schema, typeof VERTEX] {
  const [, end] = /(:wait|models:upload|:deployModel|:undeployModel|\/builds|\/endpoints\/[^/:]+)$/.exec(path) ?? [];
  switch (end) {
    case 'models:upload':
      return [VERTEX.GoogleCloudAiplatformV1UploadModelRequest!, VERTEX];
    case ':deployModel':
      return [VERTEX.GoogleCloudAiplatformV1DeployModelRequest!, VERTEX];
    case ':undeployModel':
      return [VERTEX.GoogleCloudAiplatformV1UndeployModelRequest!, VERTEX];
    case ':wait':
      return [{}, VERTEX];
    case '/builds':
      return [BUILD.Build!, BUILD];
    default:
      if (end) return [VERTEX.GoogleCloudAiplatformV1Endpoint!, VERTEX];
      throw new Error(`no type is known for a request to ${path}`);
  }
}

const older = Model.fromDirectory(writePackage({ version: '0' }));
const known: ManagedEndpointModelProps = minimal;
const { image: _, ...built } = known;

describeWithTool('terraform', 'bodies that Terraform sends have the types of the API', () => {
  test.each<[string, (stack: ReturnType<typeof googleStack>) => ManagedEndpointModelProps]>([
    ['by default', () => built],
    ['of an image that is known', () => known],
    [
      'of an image that only apply knows',
      (stack) => ({
        ...known,
        image: ImageSource.fromRegistry(new TerraformVariable(stack, 'image', { default: 'a/b' }).stringValue),
      }),
    ],
    [
      'of a canary whose image is built',
      () => ({ ...built, rollout: Rollout.canary({ percent: 10, bakeMinutes: 1 }), stableModel: older }),
    ],
    [
      'of another server with a GPU',
      () => ({ ...built, server: ModelServer.vllm({ source: 'gs://weights/qwen3' }), gpu: Gpu.nvidiaL4() }),
    ],
    [
      'with every option',
      () => ({
        ...known,
        image: GoogleImage.fromCloudBuild(),
        encryptionKey: KEY,
        labels: { team: 'a' },
        environment: { A: '1' },
        explanations: { samples: 5 },
        startupSeconds: 600,
      }),
    ],
  ])('%s', (_name, propsOf) => {
    const stack = googleStack();
    new ManagedEndpointModel(stack, 'Iris', propsOf(stack));
    const from = template(stack);
    const requests = Object.entries<Template>(from.resource)
      .filter(([type]) => type.startsWith('restful_'))
      .flatMap(([, calls]) => Object.entries<Template>(calls))
      .flatMap(([id, call]) => [
        { name: `${id}-create`, path: call.path, body: call.body },
        { name: `${id}-delete`, path: call.delete_path ?? call.path, body: call.delete_body },
      ])
      .filter(({ body }) => body);
    expect(requests.length).toBeGreaterThanOrEqual(5);
    const sent = evaluate(from, Object.fromEntries(requests.map(({ name, body }) => [name, body])));
    expect(requests.flatMap(({ name, path }) => mismatches(sent[name], ...typeOf(path), name))).toEqual([]);
  });
});
