import type { Call } from './kinds.js';
import { type Json, Refusal } from './store.js';

/** Number of services that one request may enable: https://cloud.google.com/service-usage/docs/reference/rest/v1/services/batchEnable */
const MAXIMUM = 20;

function service({ store }: Call, name: string): Json {
  const path = `projects/${store.projectNumber}/services/${name}`;
  return {
    name: path,
    parent: `projects/${store.projectNumber}`,
    config: { name },
    state: store.enabled.has(name) ? 'ENABLED' : 'DISABLED',
  };
}

function enable(call: Call, names: readonly string[]): Json {
  if (names.length > MAXIMUM) throw new Refusal(400, `At most ${MAXIMUM} services can be enabled at once.`);
  for (const name of names) call.store.enabled.add(name);
  return { services: names.map((name) => service(call, name)) };
}

export const services: { readonly methods: { readonly [id: string]: (call: Call) => Json } } = {
  methods: {
    'serviceusage.services.batchEnable': (call) => enable(call, call.body.serviceIds),
    'serviceusage.services.enable': (call) => ({ service: enable(call, [call.key.split('/').at(-1)!]).services[0] }),
    'serviceusage.services.get': (call) => service(call, call.key.split('/').at(-1)!),
    'serviceusage.services.list': (call) => ({
      services: [...call.store.enabled].map((name) => service(call, name)),
    }),
  },
};
