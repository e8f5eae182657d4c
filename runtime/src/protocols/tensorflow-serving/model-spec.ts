import { invalid } from '../../tensor/errors.js';
import type { ModelSpec } from './paths.js';

/** Proto file with the messages of all services. */
export const PROTO_FILE = 'tensorflow_serving.proto';

/** `ModelSpec` message. */
export interface ModelSpecProto {
  readonly name: string;
  readonly version: { readonly value: string } | null;
  readonly version_label?: string;
  readonly signature_name: string;
}

/** Converts a `ModelSpec` message. @throws InferenceError `INVALID_ARGUMENT` if no model is named */
export function decodeSpec(spec: ModelSpecProto | null): ModelSpec {
  if (!spec?.name) throw invalid('Missing ModelSpec');
  return { name: spec.name, version: spec.version?.value, label: spec.version_label || undefined };
}
