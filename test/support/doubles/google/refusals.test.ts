import { readdirSync, readFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { GoogleDouble } from './server.js';
import type { Json } from './store.js';

const PROJECT = 'project-a';
const NUMBER = '123456789012';
const REGION = 'europe-west4';
const LOCATION = `projects/${PROJECT}/locations/${REGION}`;
const ACCOUNT = `iris-account@${PROJECT}.iam.gserviceaccount.com`;
const KEY = `${LOCATION}/keyRings/ring/cryptoKeys/key`;
const CLUSTER_API = { address: '127.0.0.1:1', certificate: '' };

/** Request by method, host and path, body, and the headers if they are not those of the identity that applies. */
type Request = readonly [method: string, address: string, body?: Json, headers?: IncomingHttpHeaders];

/** Rule of Google Cloud. The double has its source. */
interface Rule {
  readonly name: string;
  /** Requests that succeed before. */
  readonly before?: readonly Request[];
  readonly rejected: Request;
  readonly status: number;
  readonly message: RegExp;
  /** Request that differs from the rejected one in what the rule is about, and `fixes`, after which it succeeds. */
  readonly accepted?: Request;
  readonly fixes?: readonly Request[];
  /** Whether the double has an API of Kubernetes. @default true */
  readonly hasClusters?: boolean;
  /** Changes the double before all requests. */
  readonly given?: (double: GoogleDouble) => void;
}

const run = `run.googleapis.com/v2/${LOCATION}`;
const iam = `iam.googleapis.com/v1/projects/${PROJECT}`;
const storage = 'storage.googleapis.com/storage/v1/b';
const vertex = `aiplatform.googleapis.com/v1/${LOCATION}`;
const gke = `container.googleapis.com/v1/${LOCATION}/clusters`;
const compute = `compute.googleapis.com/compute/v1/projects/${PROJECT}`;
const logBuckets = `logging.googleapis.com/v2/${LOCATION}/buckets`;
const usage = `serviceusage.googleapis.com/v1/projects/${PROJECT}/services`;
const agents = `serviceusage.googleapis.com/v1beta1/projects/${PROJECT}/services`;
const repositories = `artifactregistry.googleapis.com/v1/${LOCATION}/repositories`;
const builds = `cloudbuild.googleapis.com/v1/${LOCATION}/builds`;
const project = `cloudresourcemanager.googleapis.com/v1/projects/${PROJECT}`;

const account: Request = ['POST', `${iam}/serviceAccounts`, { accountId: 'iris-account' }];
const bucket: Request = ['POST', `${storage}?project=${PROJECT}`, { name: 'models-of-iris' }];
const object: Request = ['POST', `${storage}/models-of-iris/o?name=model.tar.gz`, {}];
const reader = grantOnBucket('roles/storage.objectViewer');

/** Sets the policy of the project to one binding. */
function grant(role: string, member: string, etag?: string): Request {
  return ['POST', `${project}:setIamPolicy`, { policy: { etag, bindings: [{ role, members: [member] }] } }];
}

function grantOnBucket(role: string): Request {
  const members = [`serviceAccount:${ACCOUNT}`];
  return ['PUT', `${storage}/models-of-iris/iam`, { bindings: [{ role, members }] }];
}

function service(id: string, template: Json = {}, rest: Json = {}): [string, string, Json] {
  const body = { template: { containers: [{ image: 'iris' }], ...template }, ...rest };
  return ['POST', `${run}/services?serviceId=${id}`, body];
}

function updatedService(template: Json, rest: Json = {}): Request {
  return ['PATCH', `${run}/services/iris`, { template: { containers: [{ image: 'iris' }], ...template }, ...rest }];
}

function job(id: string, template: Json = {}): Request {
  return [
    'POST',
    `${run}/jobs?jobId=${id}`,
    { template: { template: { containers: [{ image: 'iris' }], ...template } } },
  ];
}

const mount = { serviceAccount: ACCOUNT, volumes: [{ name: 'model', gcs: { bucket: 'models-of-iris' } }] };

const RULES: { readonly [service: string]: readonly Rule[] } = {
  'every service': [
    {
      name: 'requests without a credential of the identity that applies',
      rejected: [...service('iris'), { authorization: 'Bearer other' }],
      status: 401,
      message: /invalid authentication credentials/,
      accepted: service('iris'),
    },
    {
      name: 'resources that do not exist',
      rejected: ['GET', `${run}/services/iris`],
      status: 404,
      message: /services\/iris was not found/,
      fixes: [service('iris')],
      accepted: ['GET', `${run}/services/iris`],
    },
    {
      name: 'methods that do not exist',
      rejected: ['PUT', `${run}/services/iris`, {}],
      status: 404,
      message: /PUT .* is no method of run\.googleapis\.com/,
    },
    {
      name: 'methods that the double does not have',
      before: [service('iris')],
      rejected: ['GET', `${run}/services/iris/revisions/one/two:exportStatus`],
      status: 501,
      message: /does not know run\.projects\.locations\.services\.revisions\.exportStatus/,
    },
    {
      name: 'fields that do not exist',
      rejected: service('iris', { color: 'blue' }),
      status: 400,
      message: /template\.color: no such field/,
      accepted: service('iris'),
    },
    {
      name: 'values of another type',
      rejected: service('iris', { timeout: 300 }),
      status: 400,
      message: /template\.timeout: 300 is not string/,
      accepted: service('iris', { timeout: '300s' }),
    },
    {
      name: 'empty enums, except on Compute Engine',
      rejected: service('iris', {}, { ingress: '' }),
      status: 400,
      message: /ingress: "" is not string INGRESS/,
      accepted: [
        'POST',
        `${compute}/global/securityPolicies`,
        { name: 'iris', rules: [{ match: { versionedExpr: '' } }] },
      ],
    },
    {
      name: 'query parameters that do not exist',
      rejected: ['POST', `${run}/services?serviceId=iris&color=blue`, service('iris')[2]],
      status: 400,
      message: /Unknown name "color": cannot bind query parameter/,
      accepted: service('iris'),
    },
    {
      name: 'names that are in use',
      before: [service('iris')],
      rejected: service('iris'),
      status: 409,
      message: /services\/iris' already exists/,
      accepted: service('iris-2'),
    },
    {
      name: 'services that are not enabled',
      given: ({ store }) => store.enabled.delete('run.googleapis.com'),
      rejected: service('iris'),
      status: 403,
      message: /run\.googleapis\.com has not been used in project project-a before or it is disabled/,
      fixes: [['POST', `${usage}/run.googleapis.com:enable`, {}]],
      accepted: service('iris'),
    },
    {
      name: 'more than 20 services in one request to enable them',
      rejected: [
        'POST',
        `${usage}:batchEnable`,
        { serviceIds: Array.from({ length: 21 }, (_, i) => `s${i}.googleapis.com`) },
      ],
      status: 400,
      message: /At most 20 services can be enabled at once/,
      accepted: [
        'POST',
        `${usage}:batchEnable`,
        { serviceIds: Array.from({ length: 20 }, (_, i) => `s${i}.googleapis.com`) },
      ],
    },
  ],

  'IAM policies': [
    {
      name: 'a policy that was read before another change',
      before: [account, grant('roles/viewer', `serviceAccount:${ACCOUNT}`)],
      rejected: grant('roles/editor', `serviceAccount:${ACCOUNT}`, 'BwAAAAAAAAA='),
      status: 409,
      message: /There were concurrent policy changes/,
      accepted: grant('roles/editor', `serviceAccount:${ACCOUNT}`),
    },
    {
      name: 'service accounts of the project that do not exist',
      rejected: grant('roles/viewer', `serviceAccount:${ACCOUNT}`),
      status: 400,
      message: /Service account iris-account@.* does not exist/,
      fixes: [account],
      accepted: grant('roles/viewer', `serviceAccount:${ACCOUNT}`),
    },
    {
      name: 'service agents that Google has not created yet',
      rejected: grant('roles/viewer', `serviceAccount:service-${NUMBER}@gcp-sa-aiplatform.iam.gserviceaccount.com`),
      status: 400,
      message: /gcp-sa-aiplatform\.iam\.gserviceaccount\.com does not exist/,
      fixes: [['POST', `${agents}/aiplatform.googleapis.com:generateServiceIdentity`]],
      accepted: grant('roles/viewer', `serviceAccount:service-${NUMBER}@gcp-sa-aiplatform.iam.gserviceaccount.com`),
    },
    {
      name: 'service agents of services that have none',
      rejected: ['POST', `${agents}/cloudbilling.googleapis.com:generateServiceIdentity`],
      status: 400,
      message: /cloudbilling\.googleapis\.com has no service agent/,
    },
    {
      name: 'Kubernetes identities before the first cluster',
      rejected: grant('roles/viewer', `serviceAccount:${PROJECT}.svc.id.goog[default/iris]`),
      status: 400,
      message: /Identity Pool does not exist \(project-a\.svc\.id\.goog\)/,
      fixes: [['POST', gke, { cluster: { name: 'iris', autopilot: { enabled: true } } }]],
      accepted: grant('roles/viewer', `serviceAccount:${PROJECT}.svc.id.goog[default/iris]`),
    },
  ],

  'service accounts and roles': [
    {
      name: 'account ids of less than 6 characters',
      rejected: ['POST', `${iam}/serviceAccounts`, { accountId: 'iris' }],
      status: 400,
      message: /Service account ID iris must be between 6 and 30 characters/,
      accepted: ['POST', `${iam}/serviceAccounts`, { accountId: 'irises' }],
    },
    {
      name: 'account ids of more than 30 characters',
      rejected: ['POST', `${iam}/serviceAccounts`, { accountId: 'i'.repeat(31) }],
      status: 400,
      message: /must be between 6 and 30 characters/,
      accepted: ['POST', `${iam}/serviceAccounts`, { accountId: 'i'.repeat(30) }],
    },
    {
      name: 'role ids with hyphens',
      rejected: ['POST', `${iam}/roles`, { roleId: 'iris-invoker', role: { title: 'Invoker' } }],
      status: 400,
      message: /The role id .*iris-invoker is invalid/,
      accepted: ['POST', `${iam}/roles`, { roleId: 'iris_invoker', role: { title: 'Invoker' } }],
    },
    {
      name: 'ids of deleted roles',
      before: [
        ['POST', `${iam}/roles`, { roleId: 'iris_invoker', role: { title: 'Invoker' } }],
        ['DELETE', `${iam}/roles/iris_invoker`],
      ],
      rejected: ['POST', `${iam}/roles`, { roleId: 'iris_invoker', role: { title: 'Invoker' } }],
      status: 409,
      message: /roles\/iris_invoker' already exists/,
      accepted: ['POST', `${iam}/roles`, { roleId: 'iris_invoker_2', role: { title: 'Invoker' } }],
    },
  ],

  'Cloud Run': [
    {
      name: 'names of services with more than 49 characters',
      rejected: service('i'.repeat(50)),
      status: 400,
      message: /CreateServiceRequest\.service_id/,
      accepted: service('i'.repeat(49)),
    },
    {
      name: 'names of jobs in upper case',
      rejected: job('Iris'),
      status: 400,
      message: /CreateJobRequest\.job_id: Iris/,
      accepted: job('iris'),
    },
    {
      name: 'names of revisions without the name of the service',
      rejected: service('iris', { revision: 'rose-1' }),
      status: 400,
      message: /Revision name must be prefixed by the name of the enclosing Service: rose-1/,
      accepted: service('iris', { revision: 'iris-1' }),
    },
    {
      name: 'another configuration under the name of an existing revision',
      before: [service('iris', { revision: 'iris-1' })],
      rejected: updatedService({ revision: 'iris-1', timeout: '60s' }),
      status: 409,
      message: /Revision named 'iris-1' with different configuration already exists/,
      accepted: updatedService({ revision: 'iris-2', timeout: '60s' }),
    },
    {
      name: 'service accounts that do not exist',
      rejected: service('iris', { serviceAccount: ACCOUNT }),
      status: 403,
      message: /'iam\.serviceaccounts\.actAs' denied on service account iris-account@/,
      fixes: [account],
      accepted: service('iris', { serviceAccount: ACCOUNT }),
    },
    {
      name: 'GPUs beyond the quota',
      rejected: gpuService(4),
      status: 400,
      message: /Quota violated: NvidiaL4GpuAllocNoZonalRedundancyPerProjectRegion requested: 4 allowed: 3/,
      accepted: gpuService(3),
    },
    {
      name: 'traffic that does not sum up to 100 %',
      rejected: service('iris', {}, { traffic: [{ type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST', percent: 90 }] }),
      status: 400,
      message: /Service\.traffic: must sum to 100/,
      accepted: service('iris', {}, { traffic: [{ type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST', percent: 100 }] }),
    },
    {
      name: 'traffic to revisions that do not exist',
      before: [service('iris', { revision: 'iris-1' })],
      rejected: updatedService({ revision: 'iris-2' }, { traffic: [toRevision('iris-0')] }),
      status: 400,
      message: /Revision iris-0 was not found in the service/,
      accepted: updatedService({ revision: 'iris-2' }, { traffic: [toRevision('iris-1')] }),
    },
    {
      name: 'mounts of buckets that do not exist',
      before: [account],
      rejected: service('iris', mount),
      status: 400,
      message: /bucket models-of-iris does not exist/,
      fixes: [bucket, reader],
      accepted: service('iris', mount),
    },
    {
      name: 'mounts of buckets that the service account cannot read',
      before: [account, bucket],
      rejected: service('iris', mount),
      status: 400,
      message: /is not ready: mounting gs:\/\/models-of-iris was denied to iris-account@/,
      fixes: [reader],
      accepted: service('iris', mount),
    },
    {
      name: 'mounts in jobs of buckets that the service account cannot read',
      before: [account, bucket],
      rejected: job('iris', mount),
      status: 400,
      message: /Job 'iris' is not ready: mounting gs:\/\/models-of-iris was denied/,
      fixes: [reader],
      accepted: job('iris', mount),
    },
  ],

  'Cloud Storage': [
    {
      name: 'uploads that are not multipart, which the double does not have',
      before: [bucket],
      rejected: ['POST', `${storage.replace('/storage', '/upload/storage')}/models-of-iris/o?name=model`, {}],
      status: 400,
      message: /only multipart uploads are supported/,
    },
    {
      name: 'names of buckets that contain google',
      rejected: ['POST', `${storage}?project=${PROJECT}`, { name: 'models-of-google' }],
      status: 400,
      message: /Invalid bucket name: 'models-of-google'/,
      accepted: bucket,
    },
    {
      name: 'names of buckets with more than 63 characters',
      rejected: ['POST', `${storage}?project=${PROJECT}`, { name: 'm'.repeat(64) }],
      status: 400,
      message: /Invalid bucket name/,
      accepted: ['POST', `${storage}?project=${PROJECT}`, { name: 'm'.repeat(63) }],
    },
    {
      name: 'buckets that are deleted with objects in them',
      before: [bucket, object],
      rejected: ['DELETE', `${storage}/models-of-iris`],
      status: 409,
      message: /The bucket you tried to delete is not empty/,
      fixes: [['DELETE', `${storage}/models-of-iris/o/model.tar.gz`]],
      accepted: ['DELETE', `${storage}/models-of-iris`],
    },
  ],

  'Vertex AI': [
    {
      name: 'endpoint ids of more than 10 digits',
      rejected: endpoint('12345678901'),
      status: 400,
      message: /invalid endpoint id/,
      accepted: endpoint('1234567890'),
    },
    {
      name: 'endpoint ids that start with 0',
      rejected: endpoint('0123'),
      status: 400,
      message: /invalid endpoint id/,
      accepted: endpoint('123'),
    },
    {
      name: 'traffic to models that are not deployed',
      before: [endpoint('1')],
      rejected: split({ 7: 100 }),
      status: 400,
      message: /DeployedModel 7 in traffic_split does not exist/,
      fixes: [upload('iris'), deploy('7')],
      accepted: split({ 7: 100 }),
    },
    {
      name: 'traffic that does not sum up to 100 %',
      before: [endpoint('1'), upload('iris'), deploy('7')],
      rejected: split({ 7: 90 }),
      status: 400,
      message: /traffic_split must sum up to 100/,
      accepted: split({ 7: 100 }),
    },
    {
      name: 'endpoints that are deleted with models on them',
      before: [endpoint('1'), upload('iris'), deploy('7')],
      rejected: ['DELETE', `${vertex}/endpoints/1`],
      status: 400,
      message: /The Endpoint has deployed or being-deployed models/,
      fixes: [undeploy('7')],
      accepted: ['DELETE', `${vertex}/endpoints/1`],
    },
    {
      name: 'models that are deleted while an endpoint has them',
      before: [endpoint('1'), upload('iris'), deploy('7')],
      rejected: ['DELETE', `${vertex}/models/iris`],
      status: 400,
      message: /models\/iris is deployed at an endpoint/,
      fixes: [undeploy('7')],
      accepted: ['DELETE', `${vertex}/models/iris`],
    },
    {
      name: 'model ids in upper case',
      rejected: upload('Iris'),
      status: 400,
      message: /invalid model id Iris/,
      accepted: upload('iris'),
    },
    {
      name: 'model ids that are in use',
      before: [upload('iris')],
      rejected: upload('iris'),
      status: 409,
      message: /Model iris already exists/,
      accepted: upload('iris-2'),
    },
    {
      name: 'service accounts that do not exist',
      before: [endpoint('1'), upload('iris')],
      rejected: deploy('7', { serviceAccount: ACCOUNT }),
      status: 400,
      message: /Service account iris-account@.* does not exist/,
      fixes: [account],
      accepted: deploy('7', { serviceAccount: ACCOUNT }),
    },
    {
      name: 'models that their service account cannot read',
      before: [account, bucket, endpoint('1'), upload('iris', 'gs://models-of-iris/model')],
      rejected: deploy('7', { serviceAccount: ACCOUNT }),
      status: 400,
      message: /Model server exited: iris-account@.* cannot read gs:\/\/models-of-iris\/model/,
      fixes: [reader],
      accepted: deploy('7', { serviceAccount: ACCOUNT }),
    },
    {
      name: 'ids of deployed models that are no numbers',
      before: [endpoint('1'), upload('iris')],
      rejected: deploy('iris'),
      status: 400,
      message: /invalid deployed model id iris/,
      accepted: deploy('7'),
    },
    {
      name: 'ids of deployed models that are in use',
      before: [endpoint('1'), upload('iris'), deploy('7')],
      rejected: deploy('7'),
      status: 409,
      message: /DeployedModel 7 already exists/,
      accepted: deploy('8'),
    },
    {
      name: 'undeploying what is not deployed',
      before: [endpoint('1'), upload('iris')],
      rejected: undeploy('7'),
      status: 404,
      message: /DeployedModel 7 was not found/,
      fixes: [deploy('7')],
      accepted: undeploy('7'),
    },
    {
      name: 'undeploying one of two models while it has traffic',
      before: [endpoint('1'), upload('iris'), deploy('7'), deploy('8'), split({ 7: 50, 8: 50 })],
      rejected: undeploy('7'),
      status: 400,
      message: /DeployedModel 7 still receives 50 % of the traffic/,
      fixes: [split({ 8: 100 })],
      accepted: undeploy('7'),
    },
  ],

  GKE: [
    {
      name: 'clusters if the double has no API of Kubernetes',
      hasClusters: false,
      rejected: ['POST', gke, { cluster: { name: 'iris' } }],
      status: 501,
      message: /without an API of Kubernetes/,
    },
    {
      name: 'names of clusters with more than 40 characters',
      rejected: ['POST', gke, { cluster: { name: 'i'.repeat(41) } }],
      status: 400,
      message: /Cluster\.name i+ is invalid/,
      accepted: ['POST', gke, { cluster: { name: 'i'.repeat(40) } }],
    },
    {
      name: 'networks that do not exist',
      rejected: ['POST', gke, { cluster: { name: 'iris', network: 'none' } }],
      status: 404,
      message: /networks\/none was not found/,
      accepted: ['POST', gke, { cluster: { name: 'iris', network: 'default' } }],
    },
    {
      name: 'keys that the service agent cannot use for secrets',
      given: giveKey,
      rejected: ['POST', gke, { cluster: { name: 'iris', databaseEncryption: { state: 'ENCRYPTED', keyName: KEY } } }],
      status: 400,
      message: /Cloud KMS key .* cannot be used: container-engine-robot lacks/,
      fixes: [
        ['POST', `${agents}/container.googleapis.com:generateServiceIdentity`],
        grantOnKey('container-engine-robot'),
      ],
      accepted: ['POST', gke, { cluster: { name: 'iris', databaseEncryption: { state: 'ENCRYPTED', keyName: KEY } } }],
    },
    {
      name: 'keys that the service agent of Compute Engine cannot use for disks',
      given: giveKey,
      before: [['POST', gke, { cluster: { name: 'iris' } }]],
      rejected: nodePool({ bootDiskKmsKey: KEY }),
      status: 400,
      message: /Cloud KMS key .* cannot be used: compute-system lacks/,
      fixes: [grantOnKey('compute-system')],
      accepted: nodePool({ bootDiskKmsKey: KEY }),
    },
    {
      name: 'service accounts of nodes that do not exist',
      before: [['POST', gke, { cluster: { name: 'iris' } }]],
      rejected: nodePool({ serviceAccount: ACCOUNT }),
      status: 400,
      message: /Service account "iris-account@.*" does not exist/,
      fixes: [account],
      accepted: nodePool({ serviceAccount: ACCOUNT }),
    },
    {
      name: 'GPUs in zones without them',
      before: [['POST', gke, { cluster: { name: 'iris' } }]],
      rejected: nodePool({ accelerators: [{ acceleratorType: 'nvidia-tesla-t4', acceleratorCount: '1' }] }),
      status: 400,
      message: /Accelerator type "nvidia-tesla-t4" does not exist in zone europe-west4-a/,
      accepted: nodePool({ accelerators: [{ acceleratorType: 'nvidia-tesla-t4', acceleratorCount: '1' }] }, [
        `${REGION}-b`,
      ]),
    },
  ],

  'Compute Engine': [
    {
      name: 'names in upper case',
      rejected: ['POST', `${compute}/global/networks`, { name: 'Iris' }],
      status: 400,
      message: /Invalid value for field 'resource\.name': 'Iris'/,
      accepted: ['POST', `${compute}/global/networks`, { name: 'iris' }],
    },
    {
      name: 'deletion of what another resource uses',
      before: [
        ['POST', `${compute}/global/networks`, { name: 'iris' }],
        [
          'POST',
          `${compute}/regions/${REGION}/subnetworks`,
          { name: 'iris', network: `https://www.googleapis.com/compute/v1/projects/${PROJECT}/global/networks/iris` },
        ],
      ],
      rejected: ['DELETE', `${compute}/global/networks/iris`],
      status: 400,
      message: /networks\/iris' is already being used by '.*subnetworks\/iris'/,
      fixes: [['DELETE', `${compute}/regions/${REGION}/subnetworks/iris`]],
      accepted: ['DELETE', `${compute}/global/networks/iris`],
    },
  ],

  'Cloud Logging and Monitoring': [
    {
      name: 'ids of log buckets that start with a hyphen',
      rejected: ['POST', `${logBuckets}?bucketId=-iris`, {}],
      status: 400,
      message: /Invalid bucket ID/,
      accepted: ['POST', `${logBuckets}?bucketId=iris`, {}],
    },
    {
      name: 'changes of log buckets that were deleted',
      before: [
        ['POST', `${logBuckets}?bucketId=iris`, {}],
        ['DELETE', `${logBuckets}/iris`],
      ],
      rejected: ['PATCH', `${logBuckets}/iris?updateMask=retentionDays`, { retentionDays: 7 }],
      status: 400,
      message: /Buckets must be in an ACTIVE state to be modified/,
    },
    {
      name: 'alert policies on metrics of logs that are not known yet',
      rejected: alertPolicy('logging.googleapis.com/user/errors'),
      status: 404,
      message: /Cannot find metric\(s\) that match type = "logging\.googleapis\.com\/user\/errors"/,
      accepted: alertPolicy('run.googleapis.com/request_count'),
    },
  ],

  'Artifact Registry and Cloud Build': [
    {
      name: 'ids of repositories with underscores',
      rejected: ['POST', `${repositories}?repositoryId=iris_images`, { format: 'DOCKER' }],
      status: 400,
      message: /invalid repository id iris_images/,
      accepted: ['POST', `${repositories}?repositoryId=iris-images`, { format: 'DOCKER' }],
    },
    {
      name: 'builds by service accounts that do not exist',
      before: [bucket, object],
      rejected: build(),
      status: 400,
      message: /service account iris-account@.* was not found/,
      fixes: [account, reader],
      accepted: build(),
    },
    {
      name: 'builds of source that the service account cannot read',
      before: [bucket, object, account],
      rejected: build(),
      status: 403,
      message: /iris-account@.* lacks roles\/storage\.objectViewer on storage/,
      fixes: [reader],
      accepted: build(),
    },
    {
      name: 'builds whose service account cannot write logs',
      before: [bucket, object, account, reader],
      rejected: build({ options: { logging: 'CLOUD_LOGGING_ONLY' } }),
      status: 403,
      message: /iris-account@.* lacks roles\/logging\.logWriter on the project/,
      fixes: [grant('roles/logging.logWriter', `serviceAccount:${ACCOUNT}`)],
      accepted: build({ options: { logging: 'CLOUD_LOGGING_ONLY' } }),
    },
    {
      name: 'builds whose service account cannot push the image',
      before: [
        ...[bucket, object, account, reader],
        ['POST', `${repositories}?repositoryId=images`, { format: 'DOCKER' }],
      ],
      rejected: build({ images: [`${REGION}-docker.pkg.dev/${PROJECT}/images/iris`] }),
      status: 403,
      message: /iris-account@.* lacks roles\/artifactregistry\.writer on artifactregistry/,
      fixes: [
        [
          'POST',
          `${repositories}/images:setIamPolicy`,
          { policy: { bindings: [{ role: 'roles/artifactregistry.writer', members: [`serviceAccount:${ACCOUNT}`] }] } },
        ],
      ],
      accepted: build({ images: [`${REGION}-docker.pkg.dev/${PROJECT}/images/iris`] }),
    },
  ],
};

function toRevision(revision: string): Json {
  return { type: 'TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION', revision, percent: 100 };
}

function gpuService(instances: number): Request {
  const containers = [{ image: 'iris', resources: { limits: { 'nvidia.com/gpu': '1' } } }];
  return service('iris', { containers, scaling: { maxInstanceCount: instances } });
}

function endpoint(id: string): Request {
  return ['POST', `${vertex}/endpoints?endpointId=${id}`, { displayName: 'Iris' }];
}

function upload(modelId: string, uri?: string): Request {
  const env = uri ? [{ name: 'MODEL', value: uri }] : [];
  const model = { displayName: 'Iris', containerSpec: { imageUri: 'iris', env } };
  return ['POST', `${vertex}/models:upload`, { modelId, model }];
}

function deploy(id: string, rest: Json = {}): Request {
  const deployedModel = { id, model: `${LOCATION}/models/iris`, ...rest };
  return ['POST', `${vertex}/endpoints/1:deployModel`, { deployedModel }];
}

function undeploy(deployedModelId: string): Request {
  return ['POST', `${vertex}/endpoints/1:undeployModel`, { deployedModelId }];
}

function split(trafficSplit: Json): Request {
  return ['PATCH', `${vertex}/endpoints/1?updateMask=trafficSplit`, { trafficSplit }];
}

function nodePool(config: Json, locations?: readonly string[]): Request {
  return ['POST', `${gke}/iris/nodePools`, { nodePool: { name: 'gpu', config, locations } }];
}

function giveKey({ store }: GoogleDouble): void {
  store.give(`cloudkms.googleapis.com/${KEY}`, { name: KEY, purpose: 'ENCRYPT_DECRYPT' });
}

function grantOnKey(agent: string): Request {
  const members = [`serviceAccount:service-${NUMBER}@${agent}.iam.gserviceaccount.com`];
  const bindings = [{ role: 'roles/cloudkms.cryptoKeyEncrypterDecrypter', members }];
  return ['POST', `cloudkms.googleapis.com/v1/${KEY}:setIamPolicy`, { policy: { bindings } }];
}

function alertPolicy(metric: string): Request {
  const conditionThreshold = { filter: `metric.type="${metric}"` };
  const body = { displayName: 'Errors', combiner: 'OR', conditions: [{ displayName: 'Errors', conditionThreshold }] };
  return ['POST', `monitoring.googleapis.com/v3/projects/${PROJECT}/alertPolicies`, body];
}

function build(rest: Json = {}): Request {
  const serviceAccount = `projects/${PROJECT}/serviceAccounts/${ACCOUNT}`;
  const source = { storageSource: { bucket: 'models-of-iris', object: 'model.tar.gz' } };
  return ['POST', builds, { serviceAccount, source, ...rest }];
}

/** Messages of the refusals in the sources of the double, as patterns. */
function refusals(): RegExp[] {
  const sources = readdirSync(__dirname).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));
  const calls = sources.flatMap((name) => [
    ...readFileSync(join(__dirname, name), 'utf8').matchAll(/new Refusal\(\s*\d+,\s*(['`])([\s\S]*?)\1,?\s*\)/g),
  ]);
  return calls.map(
    ([, , message]) =>
      new RegExp(
        `^${message!
          .split(/\$\{.*?\}(?!\))/)
          .map(escaped)
          .join('.*')}$`,
      ),
  );
}

function escaped(text: string): string {
  return text.replace(/[.*+?^$()|[\]\\{}]/g, '\\$&');
}

function expectAccepted(double: GoogleDouble, requests: readonly Request[]): void {
  for (const request of requests) {
    const { status, body } = double.call(...request);
    expect({ request, status, error: body?.error }).toEqual({ request, status: 200, error: undefined });
  }
}

/** Breaks a rule and then keeps it. Returns the message of the refusal. */
function expectRule({ hasClusters = true, given, before = [], rejected, status, message, fixes = [], accepted }: Rule) {
  const double = new GoogleDouble(PROJECT, hasClusters ? CLUSTER_API : undefined);
  given?.(double);
  expectAccepted(double, before);
  const { status: code, body } = double.call(...rejected);
  expect(code).toBe(status);
  expect(body).toEqual({ error: { code, message: expect.stringMatching(message), status: expect.any(String) } });
  expectAccepted(double, accepted ? [...fixes, accepted] : fixes);
  return body.error.message;
}

describe('the double of Google Cloud', () => {
  describe.each(Object.entries(RULES))('rejects for %s', (_, rules) => {
    test.each(rules)('$name', (rule) => void expectRule(rule));
  });

  test('has no refusal that these rules do not make happen', () => {
    const happened = Object.values(RULES).flat().map(expectRule);
    expect(refusals().filter((refusal) => !happened.some((message) => refusal.test(message)))).toEqual([]);
  });
});
