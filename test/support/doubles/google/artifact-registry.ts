import type { Kind } from './kinds.js';
import { Refusal } from './store.js';

/** https://cloud.google.com/artifact-registry/docs/repositories/create-repos */
const NAME = /^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/;

const repository: Kind = {
  check(_, { key }) {
    const id = key.split('/').at(-1)!;
    if (!NAME.test(id)) throw new Refusal(400, `invalid repository id ${id}`);
  },
  complete(resource) {
    const [, project, , location, , id] = resource.name.split('/');
    resource.mode ??= 'STANDARD_REPOSITORY';
    resource.registryUri = `${location}-docker.pkg.dev/${project}/${id}`;
    resource.vulnerabilityScanningConfig ??= { enablementState: 'SCANNING_ACTIVE' };
  },
};

export const artifactRegistry: { readonly kinds: { readonly [id: string]: Kind } } = {
  kinds: { 'artifactregistry.projects.locations.repositories': repository },
};
