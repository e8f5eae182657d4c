import { describe, expect, test } from 'vitest';
import {
  ContainerModel,
  GoogleImage,
  type GoogleServingProps,
  ManagedEndpointModel,
  ServerlessModel,
} from '../../../lib/gcp/index.js';
import { evaluate } from '../../support/terraform.js';
import { describeWithTool } from '../../support/tools.js';
import { googleStack, KEY, minimal, only, REGION, resources, type Template, template, waitsFor } from './support.js';

const KINDS = { ServerlessModel, ContainerModel, ManagedEndpointModel };

/** A template of each construct, so that every rule below holds for all of them. */
describe.each(Object.keys(KINDS) as (keyof typeof KINDS)[])('the life of a stack with a %s', (kind) => {
  function synthesize(props: Partial<GoogleServingProps> = {}): Template {
    const stack = googleStack();
    const endpoint = new KINDS[kind](stack, 'Iris', { ...minimal, ...props });
    if (endpoint instanceof ManagedEndpointModel) endpoint.grantInvoke('user:a@example.com');
    return template(stack);
  }
  const from = synthesize();
  const lifetime = /\$\{substr\(terraform_data\.\w+Lifetime\w+\.id, 0, 8\)\}$/;

  test('names what Google keeps reserved after its deletion anew in each life', () => {
    expect(only(from, 'google_logging_project_bucket_config').bucket_id).toMatch(lifetime);
    for (const role of resources(from, 'google_project_iam_custom_role')) expect(role.role_id).toMatch(lifetime);
    for (const id of Object.keys(from.resource.terraform_data)) {
      expect(from.resource.terraform_data[id]).not.toHaveProperty('lifecycle');
    }
  });

  test('raises no alert on a metric of Cloud Monitoring that the same apply creates', () => {
    for (const { conditions } of resources(from, 'google_monitoring_alert_policy')) {
      expect(JSON.stringify(conditions[0].condition_threshold ?? {})).not.toContain('logging.googleapis.com/user/');
      const query = conditions[0].condition_prometheus_query_language;
      if (query) expect(query.disable_metric_validation).toBe(true);
    }
  });

  test('enables the APIs first where asked, and leaves them enabled', () => {
    const enabling = synthesize({ enableApis: true, encryptionKey: KEY, image: undefined });
    const services = resources(enabling, 'google_project_service');
    const own = { ServerlessModel: 'run', ContainerModel: 'container', ManagedEndpointModel: 'aiplatform' }[kind];
    const names = services.map(({ service }) => service);
    expect(names).toEqual(
      expect.arrayContaining([own, 'cloudkms', 'cloudbuild', 'storage'].map((name) => `${name}.googleapis.com`)),
    );
    expect(new Set(names).size).toBe(names.length);
    expect(services.filter((service) => service.disable_on_destroy !== false)).toEqual([]);
    const enabled = Object.keys(enabling.resource.time_sleep).find((id) => id.includes('Apis'));
    const elements = [enabling.resource, enabling.data].flatMap((types) =>
      Object.entries<Template>(types).flatMap(([type, made]) =>
        Object.entries<Template>(made).map(([id, resource]) => ({ address: `${type}.${id}`, resource })),
      ),
    );
    const early = elements.filter(
      ({ address, resource }) =>
        !/Apis|ModelshipGoogleClient/.test(address) && !waitsFor(enabling, resource).includes(`time_sleep.${enabled}`),
    );
    expect(early.map(({ address }) => address)).toEqual([]);
    expect(resources(from, 'google_project_service')).toEqual([]);
  });

  test('creates the identity of a service of Google before it grants it a role', () => {
    const repository = { project: 'images', location: REGION, repositoryId: 'runtime' };
    const image = GoogleImage.fromArtifactRegistry({ repository, image: 'runtime', reference: '1' });
    const more = kind === 'ServerlessModel' ? { uptimeCheck: true } : {};
    const granting = synthesize({ encryptionKey: KEY, image, ...more });
    const grants = Object.entries<Template>(granting.resource)
      .filter(([type]) => /_iam_member$/.test(type))
      .flatMap(([, made]) => Object.values<Template>(made))
      .filter(({ member }) => /^serviceAccount:service-/.test(member) && !member.includes('@compute-system.'));
    expect(grants.length).toBeGreaterThan(0);
    const calls = granting.resource.restful_operation;
    for (const { member, depends_on: depends } of grants) {
      const [, agent] = /@(.*)\.iam\.gserviceaccount\.com$/.exec(member)!;
      const api = {
        'gcp-sa-aiplatform': 'aiplatform',
        'gcp-sa-monitoring-notification': 'monitoring',
        'container-engine-robot': 'container',
        'serverless-robot-prod': 'run',
      }[agent!];
      const [address] = depends;
      expect(calls[address.replace('restful_operation.', '')]).toMatchObject({
        method: 'POST',
        path: expect.stringMatching(new RegExp(`/services/${api}\\.googleapis\\.com:generateServiceIdentity$`)),
      });
    }
  });

  test('waits until roles are enforced before it uses them', () => {
    const built = synthesize({ image: GoogleImage.fromCloudBuild() });
    const users = [
      ...Object.values<Template>(built.resource.restful_operation).filter(({ path }) => /builds$|:upload$/.test(path)),
      ...resources(built, 'google_cloud_run_v2_service'),
    ];
    expect(users.length).toBeGreaterThan(0);
    for (const user of users) expect(user.depends_on).toContainEqual(expect.stringMatching(/^time_sleep\./));
  });

  test('keeps log lines out of the bucket that would bill them a second time', () => {
    expect(only(from, 'google_logging_project_exclusion').filter).toBe(
      only(from, 'google_logging_project_sink').filter,
    );
  });

  describeWithTool('terraform', 'the name of a bucket', () => {
    test('contains the region, so that both exist while an endpoint moves', () => {
      const image = GoogleImage.fromCloudBuild();
      const namesIn = (region: string) => {
        const built = synthesize({ image, region });
        const buckets = Object.entries<Template>(built.resource.google_storage_bucket);
        return evaluate(built, Object.fromEntries(buckets.map(([id, { name }]) => [id, name])));
      };
      const here = namesIn('europe-west4');
      const there = namesIn('us-central1');
      expect(Object.keys(here)).toHaveLength(2);
      for (const [id, name] of Object.entries(here)) {
        expect(name).toMatch(/^[a-z][a-z0-9-]{1,61}[a-z0-9]$/);
        expect(there[id]).not.toBe(name);
      }
    });
  });
});

test('logged errors on GKE are counted by a query that names the metric as PromQL writes it', () => {
  const stack = googleStack();
  new ContainerModel(stack, 'Iris', minimal);
  const from = template(stack);
  const metric: string = only(from, 'google_logging_metric').name;
  const policy = resources(from, 'google_monitoring_alert_policy').find(({ display_name: name }) =>
    name.endsWith('Errors logged'),
  );
  expect(policy.conditions[0].condition_prometheus_query_language.query).toBe(
    `sum(increase(logging_googleapis_com:user_${metric.replaceAll('-', '_')}{monitored_resource="k8s_container"}[1m])) > 5`,
  );
});

describe('a service on Cloud Run plans no change at the second apply', () => {
  const scalingOf = (props: Partial<GoogleServingProps>) => {
    const stack = googleStack();
    new ServerlessModel(stack, 'Iris', { ...minimal, ...props });
    return only(template(stack), 'google_cloud_run_v2_service').template.scaling;
  };

  test.each<[string, Partial<GoogleServingProps>, number]>([
    ['by default', {}, 10],
    ['with many instances kept', { minReplicas: 12 }, 12],
    ['with a maximum', { maxReplicas: 4 }, 4],
  ])('because it has a maximum of instances %s', (_, props, maximum) => {
    expect(scalingOf(props).max_instance_count).toBe(maximum);
  });
});

test('a way back to an earlier revision of Cloud Run gets the traffic, though it is not the latest', () => {
  const stack = googleStack();
  new ServerlessModel(stack, 'Iris', minimal);
  const { template: revision, traffic } = only(template(stack), 'google_cloud_run_v2_service');
  expect(traffic).toEqual([
    { type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION', revision: revision.revision, percent: 100 },
  ]);
});
