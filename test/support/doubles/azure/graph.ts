import { merged } from './arm.js';
import type { Request, Response } from './server.js';
import { type AzureStore, type Json, Refusal } from './store.js';

/** Microsoft Graph: applications, service principals and their roles. Ids are `/COLLECTION/ID`. */
export class Graph {
  constructor(private readonly store: AzureStore) {}

  answer({ method, path, body, query }: Request): Response {
    const [, , ...parts] = path.split('/');
    // Owners are references, which nothing here reads.
    if (parts.at(-1) === '$ref') return { status: 204 };
    const id = `/graph/${parts.join('/')}`;
    const isCollection = parts.length % 2 === 1;
    if (method === 'POST' && isCollection) return { status: 201, body: this.create(id, parts.at(-1)!, body) };
    if (method === 'GET' && isCollection) return { status: 200, body: { value: this.query(id, query.get('$filter')) } };
    const found = this.store.find(id);
    if (!found) throw new Refusal(404, 'Request_ResourceNotFound', `Resource '${id}' does not exist.`);
    switch (method) {
      case 'GET':
        return { status: 200, body: found };
      case 'PATCH':
        this.store.set(id, merged(found, body));
        return { status: 204 };
      case 'DELETE':
        this.store.delete(id);
        return { status: 204 };
      default:
        throw new Refusal(405, 'Request_BadRequest', `${method} ${path}`);
    }
  }

  private create(collection: string, kind: string, body: Json): Json {
    const objectId = this.store.uuid();
    const id = `${collection}/${objectId}`;
    const resource = { ...body, id: objectId };
    if (kind === 'applications') Object.assign(resource, { appId: this.store.uuid(), publisherDomain: 'example.com' });
    if (kind === 'servicePrincipals') {
      const application = this.store.all().find(({ appId, type }) => appId === body.appId && type === 'applications');
      if (!application) throw new Refusal(400, 'Request_BadRequest', `The appId '${body.appId}' does not exist.`);
      const { displayName, appRoles = [] } = application;
      Object.assign(resource, { displayName, appRoles, servicePrincipalType: 'Application', accountEnabled: true });
    }
    this.store.set(id, { ...resource, type: kind });
    return resource;
  }

  private query(collection: string, filter: string | null): Json[] {
    const [, name, value] = /^(\w+) eq '([^']+)'$/.exec(filter ?? '') ?? [];
    const kind = collection.split('/').at(-1);
    return this.store
      .all()
      .filter(({ type }) => type === kind)
      .filter((resource) => name === undefined || resource[name] === value);
  }
}
