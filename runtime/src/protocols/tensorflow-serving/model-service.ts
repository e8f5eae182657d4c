import type { ModelControl } from '../../models/model-catalog.js';
import type { ModelEntry } from '../../models/model-entry.js';
import type { VersionPolicy } from '../../models/version-policy.js';
import { invalid } from '../../tensor/errors.js';
import type { GrpcService } from '../grpc-service.js';
import { decodeSpec, type ModelSpecProto, PROTO_FILE } from './model-spec.js';
import { versionStatuses } from './status.js';

interface PolicyProto {
  readonly policy_choice?: 'latest' | 'all' | 'specific';
  readonly latest?: { readonly num_versions: number };
  readonly specific?: { readonly versions: readonly string[] };
}

interface ModelConfigProto {
  readonly name: string;
  readonly base_path: string;
  readonly model_version_policy: PolicyProto | null;
  readonly version_labels: Readonly<Record<string, string>>;
}

interface ReloadConfigRequest {
  readonly config: { readonly model_config_list?: { readonly config: readonly ModelConfigProto[] } | null } | null;
}

/**
 * TensorFlow Serving's `ModelService`: the state of versions, and changes to the served models where callers may make
 * them.
 */
export const modelService: GrpcService = {
  protoFile: PROTO_FILE,
  name: 'tensorflow.serving.ModelService',
  methods: (models) => ({
    GetModelStatus: ({ model_spec }: { model_spec: ModelSpecProto | null }) => ({
      model_version_status: versionStatuses(models, decodeSpec(model_spec)).map(({ version, state, status }) => ({
        version,
        state,
        status: { ...status, error_code: status.error_code === 'OK' ? 'OK' : 'UNKNOWN_ERROR' },
      })),
    }),
    // A method without a handler responds with UNIMPLEMENTED.
    ...(models.control && {
      HandleReloadConfigRequest: (request: ReloadConfigRequest) => reload(models.control!, request),
    }),
  }),
};

async function reload(control: ModelControl, { config }: ReloadConfigRequest): Promise<object> {
  const list = config?.model_config_list;
  if (!list) {
    throw invalid(
      'ServerModelConfig type not supported by HandleReloadConfigRequest. Only ModelConfigList is currently supported',
    );
  }
  await control.configure(list.config.map(modelEntry));
  return { status: { error_code: 'OK', error_message: '' } };
}

/** Converts the configuration of a model. It ignores the platform, because each package declares its format. */
function modelEntry({ name, base_path, model_version_policy, version_labels }: ModelConfigProto): ModelEntry {
  return { name, location: base_path, policy: versionPolicy(name, model_version_policy), labels: version_labels };
}

function versionPolicy(name: string, policy: PolicyProto | null): VersionPolicy {
  switch (policy?.policy_choice) {
    case 'all':
      return { kind: 'all' };
    case 'specific': {
      const { versions } = policy.specific!;
      if (versions.length === 0) throw invalid(`model ${name}: the policy specific names no versions`);
      return { kind: 'specific', versions };
    }
    default:
      // TensorFlow Serving also serves only the newest version by default.
      return { kind: 'latest', count: policy?.latest?.num_versions || 1 };
  }
}
