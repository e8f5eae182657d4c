import type { Call, Kind } from './kinds.js';
import { type Json, Refusal } from './store.js';

const endpoint: Kind = {
  check(resource, { key }, before) {
    // Terraform's provider documents ten digits and its acceptance tests use them. The API documents nine, or a letter first:
    // https://cloud.google.com/vertex-ai/docs/reference/rest/v1/projects.locations.endpoints/create
    if (!before && !/^[1-9]\d{0,9}$/.test(key.split('/').at(-1)!))
      throw new Refusal(400, `invalid endpoint id in ${key}`);
    // https://cloud.google.com/vertex-ai/docs/reference/rest/v1/projects.locations.endpoints#Endpoint
    const deployed: Json[] = before?.deployedModels ?? [];
    const shares = Object.entries<number>(resource.trafficSplit ?? {});
    const unknown = shares.find(([id]) => !deployed.some((model) => model.id === id));
    if (unknown) throw new Refusal(400, `DeployedModel ${unknown[0]} in traffic_split does not exist`);
    if (shares.length > 0 && shares.reduce((sum, [, share]) => sum + share, 0) !== 100) {
      throw new Refusal(400, 'traffic_split must sum up to 100');
    }
  },
  complete(resource, { store }) {
    resource.etag = `${store.next()}`;
    resource.name = resource.name.replace(/^projects\/[^/]+/, `projects/${store.projectNumber}`);
    resource.deployedModels ??= [];
  },
  remove(resource, { store, key }) {
    // https://cloud.google.com/vertex-ai/docs/general/deployment#delete-endpoint
    if (resource.deployedModels.length > 0)
      throw new Refusal(400, 'The Endpoint has deployed or being-deployed models');
    store.delete(key);
  },
};

const model: Kind = {
  remove(resource, { store, key }) {
    // https://cloud.google.com/vertex-ai/docs/reference/rest/v1/projects.locations.models/delete
    const endpoints = store.list(key.replace(/\/models\/.*$/, '/endpoints'));
    const isDeployed = endpoints.some(({ deployedModels }) =>
      deployedModels.some((each: Json) => each.model === resource.name),
    );
    if (isDeployed) throw new Refusal(400, `The Model ${resource.name} is deployed at an endpoint`);
    store.delete(key);
  },
};

function upload({ store, key, body, host }: Call): Json {
  const id = body.modelId ?? `${store.next()}`;
  // https://cloud.google.com/vertex-ai/docs/reference/rest/v1/projects.locations.models/upload
  if (!/^[a-z]([a-z0-9_-]{0,61}[a-z0-9])?$/.test(id)) throw new Refusal(400, `invalid model id ${id}`);
  const at = `${key}/${id}`;
  if (store.resources.has(at)) throw new Refusal(409, `Model ${id} already exists.`);
  const name = at.slice(host.length + 1);
  store.resources.set(at, { ...body.model, name, versionId: '1', createTime: new Date().toISOString() });
  return { model: name, modelVersionId: '1' };
}

function deploy({ store, key, body, host }: Call): Json {
  const found = store.get(key);
  const { deployedModel, trafficSplit } = body;
  const uploaded = store.get(`${host}/${deployedModel.model}`);
  const account = deployedModel.serviceAccount;
  if (account && !store.serviceAccount(account)) throw new Refusal(400, `Service account ${account} does not exist.`);
  // https://cloud.google.com/vertex-ai/docs/general/custom-service-account
  const uri: string | undefined = uploaded.containerSpec?.env?.find(({ value }: Json) =>
    value?.startsWith('gs://'),
  )?.value;
  const bucket = uri && `storage.googleapis.com/b/${uri.split('/')[2]}`;
  if (bucket && !store.hasRole(`serviceAccount:${account}`, 'roles/storage.objectViewer', bucket)) {
    throw new Refusal(400, `Model server exited: ${account} cannot read ${uri}`);
  }
  // https://cloud.google.com/vertex-ai/docs/reference/rest/v1/projects.locations.endpoints#DeployedModel
  if (!/^\d{1,10}$/.test(deployedModel.id)) throw new Refusal(400, `invalid deployed model id ${deployedModel.id}`);
  if (found.deployedModels.some(({ id }: Json) => id === deployedModel.id)) {
    throw new Refusal(409, `DeployedModel ${deployedModel.id} already exists`);
  }
  found.deployedModels = [...found.deployedModels, { ...deployedModel, createTime: new Date().toISOString() }];
  if (trafficSplit) found.trafficSplit = trafficSplit;
  if (found.dedicatedEndpointEnabled) {
    const [, project, , location, , id] = found.name.split('/');
    found.dedicatedEndpointDns = `https://${id}.${location}-${project}.prediction.vertexai.goog`;
  }
  return { deployedModel };
}

function undeploy({ store, key, body }: Call): Json {
  const found = store.get(key);
  if (!found.deployedModels.some(({ id }: Json) => id === body.deployedModelId)) {
    throw new Refusal(404, `DeployedModel ${body.deployedModelId} was not found`);
  }
  const share = found.trafficSplit?.[body.deployedModelId] ?? 0;
  // https://cloud.google.com/vertex-ai/docs/reference/rest/v1/projects.locations.endpoints/undeployModel
  if (share > 0 && found.deployedModels.length > 1) {
    throw new Refusal(400, `DeployedModel ${body.deployedModelId} still receives ${share} % of the traffic`);
  }
  found.deployedModels = found.deployedModels.filter(({ id }: Json) => id !== body.deployedModelId);
  if (found.trafficSplit) delete found.trafficSplit[body.deployedModelId];
  return {};
}

export const vertex: {
  readonly kinds: { readonly [id: string]: Kind };
  readonly methods: { readonly [id: string]: (call: Call) => Json };
} = {
  kinds: { 'aiplatform.projects.locations.endpoints': endpoint, 'aiplatform.projects.locations.models': model },
  methods: {
    'aiplatform.projects.locations.models.upload': upload,
    'aiplatform.projects.locations.endpoints.deployModel': deploy,
    'aiplatform.projects.locations.endpoints.undeployModel': undeploy,
  },
};
