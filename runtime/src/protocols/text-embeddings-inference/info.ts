import type { Manifest, TextTask } from '../../manifest/index.js';
import { RUNTIME_VERSION } from '../../version.js';
import { MAX_TEXTS } from '../text/calls.js';
import type { TaskModel } from '../text/task-model.js';
import { ONLY_LABEL } from './classify.js';

/** Describes a model as text-embeddings-inference's `/info` does. It omits settings that this server does not have. */
export function modelInfo({ name, manifest }: TaskModel): object {
  const { task } = manifest;
  return {
    model_id: name,
    model_sha: manifest.digest,
    served_model_name: name,
    model_type: modelType(task, manifest),
    max_input_length: task.tokenizer.maxTokens,
    max_client_batch_size: MAX_TEXTS,
    auto_truncate: true,
    version: RUNTIME_VERSION,
  };
}

function modelType(task: TextTask, { outputs }: Manifest): object {
  switch (task.type) {
    case 'embed':
      return { embedding: { pooling: task.pooling ?? 'none' } };
    case 'rerank':
      return { reranker: classes([ONLY_LABEL]) };
    case 'text_classification':
      return { classifier: classes(outputs[0]!.labels!) };
    // text-embeddings-inference does not serve these.
    case 'token_classification':
    case 'zero_shot_classification':
    case 'question_answering':
    case 'fill_mask':
      return { [task.type]: {} };
  }
}

function classes(labels: readonly string[]): object {
  return {
    id2label: Object.fromEntries(labels.map((label, id) => [String(id), label])),
    label2id: Object.fromEntries(labels.map((label, id) => [label, id])),
  };
}
