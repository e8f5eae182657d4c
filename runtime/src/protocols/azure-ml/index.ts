export { azureMl } from './rest.js';
