#!/usr/bin/env node
import { App } from 'cdktf';
import { AppContext, type CreateStacks } from './terraform/context.js';

/**
 * Stacks by the setting `cloud`. They are loaded on demand, because a cloud's bindings take longer to load than its
 * stacks.
 */
const CLOUDS: Readonly<Record<string, () => Promise<CreateStacks>>> = {
  azure: async () => (await import('./terraform/azure.js')).azureStacks,
  google: async () => (await import('./terraform/gcp.js')).googleStacks,
};

async function main(): Promise<void> {
  const app = new App();
  const context = new AppContext(app);
  const cloud = context.text('cloud');
  if (cloud !== undefined && !(cloud in CLOUDS)) {
    throw new Error(`context \`cloud\`: got ${JSON.stringify(cloud)}; there are ${Object.keys(CLOUDS).join(' and ')}`);
  }
  for (const load of cloud === undefined ? Object.values(CLOUDS) : [CLOUDS[cloud]!]) (await load())(app, context);
  app.synth();
}

void main();
