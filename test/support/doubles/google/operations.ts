import type { Call } from './kinds.js';
import type { Json } from './store.js';

/** Operation of an API, whose form depends on the API. */
interface Operation {
  /** Key under which clients poll it. */
  readonly key: string;
  /** The first response. */
  readonly started: Json;
  /** The response to a poll. */
  readonly done: Json;
}

/** Operation that has finished with `result`. */
export function operation({ host, key }: Call, id: string, result: Json): Operation {
  const path = key.slice(host.length + 1);
  switch (host) {
    case 'container.googleapis.com': {
      const [, parent, location] = /^(projects\/[^/]+\/locations\/([^/]+))/.exec(path)!;
      const running = { name: id, zone: location, location, status: 'RUNNING' };
      return { key: `${host}/${parent}/operations/${id}`, started: running, done: { ...running, status: 'DONE' } };
    }
    case 'compute.googleapis.com': {
      const [, parent, region] = /^(projects\/[^/]+\/(?:global|regions\/([^/]+)))/.exec(path)!;
      const selfLink = `https://www.googleapis.com/compute/v1/${parent}/operations/${id}`;
      const link = region && `https://www.googleapis.com/compute/v1/${parent}`;
      const running = { kind: 'compute#operation', name: id, selfLink, region: link, status: 'RUNNING', progress: 0 };
      return {
        key: `${host}/${parent}/operations/${id}`,
        started: running,
        done: { ...running, status: 'DONE', progress: 100 },
      };
    }
    default: {
      const parent = /^projects\/[^/]+(\/locations\/[^/]+)?/.exec(path)?.[0] ?? '';
      const name = `${parent}/operations/${id}`.replace(/^\//, '');
      // Google leaves `done` out until it is true: https://google.aip.dev/151
      return { key: `${host}/${name}`, started: { name }, done: { name, done: true, response: result ?? {} } };
    }
  }
}
