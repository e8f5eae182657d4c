export { hashOf, preAuthenticationEncoding } from './envelope.js';
export { BUNDLE_TYPE, PAYLOAD_TYPE, SIGNATURE_FILE } from './names.js';
export { statementOf } from './statement.js';
export {
  certificatesIn,
  encodeTrust,
  requireCurve,
  type SignatureTrust,
  trustedKey,
  trustedRoots,
} from './trust.js';
export { keyHint, type VerifiedSignature, verifySignature, verifySignatureSync } from './verify.js';
