export { hashOf, preAuthenticationEncoding } from './envelope.js';
export { BUNDLE_TYPE, PAYLOAD_TYPE } from './schema.js';
export { SIGNATURE_FILE, statementOf } from './statement.js';
export {
  certificatesIn,
  encodeTrust,
  requireCurve,
  type SignatureTrust,
  trustedKey,
  trustedRoots,
} from './trust.js';
export { keyHint, type VerifiedSignature, verifySignature, verifySignatureSync } from './verify.js';
