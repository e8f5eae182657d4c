export { answerTexts } from './inputs.js';
export { huggingFace } from './rest.js';
