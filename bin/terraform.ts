#!/usr/bin/env node
import { App } from 'cdktf';
import { azureStacks } from './terraform/azure.js';
import { AppContext } from './terraform/context.js';
import { googleStacks } from './terraform/gcp.js';

const app = new App();
const context = new AppContext(app);
azureStacks(app, context);
googleStacks(app, context);
app.synth();
