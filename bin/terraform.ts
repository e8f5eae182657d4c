#!/usr/bin/env node
import { App } from 'cdktf';
import { AppContext } from './terraform/context.js';
import { googleStacks } from './terraform/gcp.js';

const app = new App();
const context = new AppContext(app);
googleStacks(app, context);
app.synth();
