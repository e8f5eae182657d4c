import type { Call } from './kinds.js';
import { type Json, Refusal } from './store.js';

/** Runs a build at once, if its service account may do what the build needs. */
function createBuild({ store, body }: Call): Json {
  // https://cloud.google.com/build/docs/securing-builds/configure-user-specified-service-accounts
  const email = body.serviceAccount?.split('/').at(-1);
  if (!store.serviceAccount(email)) throw new Refusal(400, `service account ${email} was not found`);
  const member = `serviceAccount:${email}`;
  const { bucket, object } = body.source.storageSource;
  const bucketKey = `storage.googleapis.com/b/${bucket}`;
  store.get(`${bucketKey}/o/${encodeURIComponent(object)}`);
  const needs: [string, string][] = [['roles/storage.objectViewer', bucketKey]];
  if (body.options?.logging === 'CLOUD_LOGGING_ONLY') needs.push(['roles/logging.logWriter', '']);
  for (const image of body.images ?? []) {
    const [host, project, repository] = image.split('/');
    const location = host.replace(/-docker\.pkg\.dev$/, '');
    const key = `artifactregistry.googleapis.com/projects/${project}/locations/${location}/repositories/${repository}`;
    store.get(key);
    needs.push(['roles/artifactregistry.writer', key]);
  }
  for (const [role, key] of needs) {
    if (!store.hasRole(member, role, key)) throw new Refusal(403, `${email} lacks ${role} on ${key || 'the project'}`);
  }
  return { id: `build-${store.next()}`, status: 'SUCCESS' };
}

export const cloudBuild = { methods: { 'cloudbuild.projects.locations.builds.create': createBuild } };
