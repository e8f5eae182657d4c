export { CURVES, hashOf, preAuthenticationEncoding } from './envelope.js';
export { BUNDLE_TYPE, PAYLOAD_TYPE } from './schema.js';
export { SIGNATURE_FILE, statementOf } from './statement.js';
export { keyHint, type SignatureTrust, type VerifiedSignature, verifySignature } from './verify.js';
