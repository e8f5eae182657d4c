export { type SignedPackage, type SignOptions, signatureTrust, signPackage } from './sign.js';
