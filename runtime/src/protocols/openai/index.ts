export { answerModels } from './models.js';
export { openAi } from './rest.js';
