export { embedSparse, embedTexts, similarities } from './embed.js';
export { textOptions } from './options.js';
export { rankTexts } from './rank.js';
export { errorResponse, textEmbeddingsInference } from './rest.js';
