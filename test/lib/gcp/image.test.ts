import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { AzureImage } from '../../../lib/azure/index.js';
import { runtimeImageContext } from '../../../lib/bundle/image-context.js';
import {
  ContainerModel,
  GoogleImage,
  type GoogleServingProps,
  Gpu,
  ManagedEndpointModel,
  ServerlessModel,
} from '../../../lib/gcp/index.js';
import type { ImageSource } from '../../../lib/serving/index.js';
import { googleStack, KEY, minimal, only, REGION, resources, type Template, template } from './support.js';

const directory = mkdtempSync(join(tmpdir(), 'modelship-context-'));
writeFileSync(join(directory, 'Dockerfile'), 'FROM scratch\n');
const digest = '0a'.repeat(32);
const repository = { project: 'images', location: REGION, repositoryId: 'runtime' };
const host = `${REGION}-docker.pkg.dev/images/runtime`;

const CONSTRUCTS = { ServerlessModel, ContainerModel, ManagedEndpointModel };
type Kind = keyof typeof CONSTRUCTS;

function synthesize(
  image: ImageSource,
  kind: Kind = 'ServerlessModel',
  more: Partial<GoogleServingProps> = {},
): Template {
  const stack = googleStack();
  new CONSTRUCTS[kind](stack, 'Iris', { ...minimal, image, ...more });
  return template(stack);
}

const buildOf = (from: Template): [string, Template] =>
  Object.entries<Template>(from.resource.restful_operation).find(([, call]) => call.path.endsWith('/builds'))!;

describe('an image in Artifact Registry', () => {
  test.each([
    ['1.0', `${host}/runtime:1.0`],
    [`sha256:${digest}`, `${host}/runtime@sha256:${digest}`],
  ])('is pulled by %s', (reference, uri) => {
    const from = synthesize(GoogleImage.fromArtifactRegistry({ repository, image: 'runtime', reference }));
    expect(only(from, 'google_cloud_run_v2_service').template.containers[0].image).toBe(uri);
  });

  test.each<[Kind, string]>([
    ['ServerlessModel', '@serverless-robot-prod.'],
    ['ManagedEndpointModel', '@gcp-sa-aiplatform.'],
    ['ContainerModel', 'google_service_account.'],
  ])('lets in who pulls for a %s, on that repository only', (kind, puller) => {
    const from = synthesize(GoogleImage.fromArtifactRegistry({ repository, image: 'runtime', reference: '1' }), kind);
    const grant = only(from, 'google_artifact_registry_repository_iam_member');
    expect(grant).toMatchObject({
      project: 'images',
      location: REGION,
      repository: 'runtime',
      role: 'roles/artifactregistry.reader',
    });
    expect(grant.member).toContain(puller);
    const everywhere = resources(from, 'google_project_iam_member').map(({ role }) => role);
    expect(everywhere).not.toContain('roles/artifactregistry.reader');
  });
});

describe('an image that Cloud Build makes', () => {
  const image = GoogleImage.fromCloudBuild({ context: { directory, digest } });

  test('is built from the folder by an identity that can read it, push and log', () => {
    const from = synthesize(image);
    const [id, build] = buildOf(from);
    const uri = only(from, 'google_cloud_run_v2_service').template.containers[0].image;
    expect(build.body).toMatchObject({
      steps: [{ name: 'gcr.io/cloud-builders/docker', args: ['build', '--tag', uri, '--file', 'Dockerfile', '.'] }],
      images: [uri],
      options: { logging: 'CLOUD_LOGGING_ONLY' },
    });
    expect(uri.endsWith(`/runtime:${digest}`)).toBe(true);
    expect(build.poll.url_locator).toBe('body.name');
    const roles = [
      'google_storage_bucket_iam_member',
      'google_project_iam_member',
      'google_artifact_registry_repository_iam_member',
    ]
      .flatMap((type) => resources(from, type))
      .filter(({ member }) => member.includes('Image_Build'))
      .map(({ role }) => role);
    expect(roles.sort()).toEqual([
      'roles/artifactregistry.writer',
      'roles/logging.logWriter',
      'roles/storage.objectViewer',
    ]);
    expect(only(from, 'google_cloud_run_v2_service').depends_on).toContain(`restful_operation.${id}`);
  });

  test('is built again for another digest and not otherwise', () => {
    const [, one] = buildOf(synthesize(image));
    const [, same] = buildOf(synthesize(GoogleImage.fromCloudBuild({ context: { directory, digest } })));
    const [, other] = buildOf(
      synthesize(GoogleImage.fromCloudBuild({ context: { directory, digest: '0b'.repeat(32) } })),
    );
    expect(same.body).toEqual(one.body);
    expect(other.body).not.toEqual(one.body);
  });

  test('is built in any region, and pushed to the endpoint’s', () => {
    const context = { directory, digest };
    expect(buildOf(synthesize(GoogleImage.fromCloudBuild({ context })))[1].path).toMatch(
      /\/locations\/global\/builds$/,
    );
    const [, build] = buildOf(synthesize(GoogleImage.fromCloudBuild({ context, buildRegion: 'europe-west1' })));
    expect(build.path).toMatch(/\/locations\/europe-west1\/builds$/);
    expect(build.body.images[0]).toMatch(new RegExp(`^${REGION}-docker\\.pkg\\.dev/`));
  });

  test('is built again when `rebuild` changes, and then runs', () => {
    const from = synthesize(GoogleImage.fromCloudBuild({ context: { directory, digest }, rebuild: '2026-11' }));
    const uri: string = buildOf(from)[1].body.images[0];
    expect(uri).toMatch(new RegExp(`/runtime:${digest}-2026-11$`));
    expect(only(from, 'google_cloud_run_v2_service').template.containers[0].image).toBe(uri);
    expect(() => GoogleImage.fromCloudBuild({ rebuild: 'next week' })).toThrow(
      /`rebuild` must have 1 to 60.*next week/,
    );
  });

  test('lies in a repository of the region, encrypted with the customer key', () => {
    const made = only(
      synthesize(image, 'ServerlessModel', { encryptionKey: KEY }),
      'google_artifact_registry_repository',
    );
    expect(made).toMatchObject({ location: REGION, format: 'DOCKER', kms_key_name: KEY });
  });

  test('goes to a repository that is there', () => {
    const from = synthesize(GoogleImage.fromCloudBuild({ context: { directory, digest }, repository }));
    expect(resources(from, 'google_artifact_registry_repository')).toEqual([]);
    expect(buildOf(from)[1].body.images).toEqual([`${host}/runtime:${digest}`]);
  });

  test('serves Vertex AI, whose region it shares', () => {
    const from = synthesize(image, 'ManagedEndpointModel');
    const upload = Object.values<Template>(from.resource.restful_operation).find((call) =>
      call.path.endsWith(':upload'),
    );
    expect(upload.depends_on).toContain(`restful_operation.${buildOf(from)[0]}`);
  });
});

describe('the image that is made if none is given', () => {
  const stack = googleStack();
  const { image: _, ...rest } = minimal;
  new ServerlessModel(stack, 'Iris', rest);
  const from = template(stack);

  test('is the runtime of this version, built by Cloud Build', () => {
    const { digest: built } = runtimeImageContext({ architecture: 'x64' });
    expect(buildOf(from)[1].body.images[0].endsWith(`/runtime:${built}`)).toBe(true);
    const context = resources(from, 'google_storage_bucket_object').find(({ name }) => name === `context-${built}.zip`);
    expect(context.source).toMatch(/archive\.zip$/);
  });

  test('is refused with a GPU, which it does not use', () => {
    expect(() => new ServerlessModel(googleStack(), 'Iris', { ...rest, gpu: Gpu.nvidiaL4() })).toThrow(
      /image: the default runtime image does not use GPUs, so the GPU would sit idle; .*, or remove `gpu`/,
    );
  });
});

test('an image that Docker makes is built from the folder and pushed before the service', () => {
  const from = synthesize(
    GoogleImage.fromDocker({ context: { directory, digest }, repository, dockerfile: 'Dockerfile.gpu' }),
  );
  expect(only(from, 'docker_image').build[0]).toMatchObject({ dockerfile: 'Dockerfile.gpu', platform: 'linux/amd64' });
  expect(only(from, 'docker_registry_image').name).toBe(`${host}/runtime:${digest}`);
  const dependencies = only(from, 'google_cloud_run_v2_service').depends_on;
  expect(dependencies.some((name: string) => name.startsWith('docker_registry_image.'))).toBe(true);
});

test('Docker is let in where the repository lies, which need not be where the service runs', () => {
  const elsewhere = { ...repository, location: 'us-east4' };
  const from = synthesize(GoogleImage.fromDocker({ context: { directory, digest }, repository: elsewhere }));
  const [{ registry_auth }] = from.provider.docker;
  expect(registry_auth[0].address).toBe('us-east4-docker.pkg.dev');
  expect(only(from, 'docker_image').name).toMatch(/^us-east4-docker\.pkg\.dev\//);
  // A token of the stack's own provider, and no secret.
  expect(registry_auth[0].password).toMatch(/^\$\{data\.google_client_config\..*\.access_token\}$/);
});

test('an image of another cloud is refused', () => {
  expect(() => synthesize(AzureImage.fromAcrTask())).toThrow(
    'stack/Iris: `image` is for the constructs of another cloud, got an AcrTaskImage. Use ImageSource.fromRegistry() or ' +
      'GoogleImage.fromCloudBuild()',
  );
});
