export { BILL_FILE, EVIDENCE_FILE, type Evidence, type EvidenceOptions, writeEvidence } from './evidence.js';
export { TemplateUnknown } from './template-facts.js';
