export { tensorFlowServing } from './rest.js';
