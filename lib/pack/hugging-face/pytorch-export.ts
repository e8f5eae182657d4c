import { ModelPackageError } from '@modelship/runtime/manifest';
import { requirePythonTool } from '../python-tool.js';
import type { TorchvisionProcessor } from './image-steps.js';
import type { ImageLibrary, ImageTaskType } from './image-task.js';
import type { TaskType } from './text-tasks.js';

/** What PyTorch exports. */
export type ExportRequest = TextExportRequest | ImageExportRequest;

interface SharedRequest {
  /** Folder of the model. */
  readonly folder: string;
  /** Folder that `model.onnx` is written to, and `tokenizer.json` of a text model. */
  readonly out: string;
  /** Input values of each sample, by input name. */
  readonly samples: readonly Readonly<Record<string, unknown>>[];
}

/** A model that takes pictures. */
export interface ImageExportRequest extends SharedRequest {
  readonly library: ImageLibrary;
  readonly type: ImageTaskType;
}

/** A model that takes texts. */
export interface TextExportRequest extends SharedRequest {
  /** Folder of the transformer, often the same. */
  readonly transformer: string;
  readonly type: TaskType;
  /** Whether the graph includes the modules of sentence-transformers after the transformer. */
  readonly whole: boolean;
  /** Whether the model gives one number for each token of the vocabulary. */
  readonly sparse: boolean;
}

/** Result of an export. */
export interface ExportReport {
  /** Answers of the original to each sample, by output name. */
  readonly originals: readonly Readonly<Record<string, unknown>>[];
  /** What differs between the original and its export. */
  readonly notes: readonly string[];
  /** Versions of the libraries that exported. */
  readonly versions: Readonly<Record<string, string>>;
  /** Preprocessing and labels that only the library knows. @default - the folder has them */
  readonly processor?: TorchvisionProcessor;
}

/** Packages that the export needs, by the library of the model. */
const PACKAGES: Readonly<Record<'texts' | ImageLibrary, string>> = {
  texts: 'torch transformers sentence-transformers onnx onnxscript',
  transformers: 'torch transformers pillow onnx onnxscript',
  timm: 'torch timm torchvision pillow safetensors onnx onnxscript',
  torchvision: 'torch torchvision pillow safetensors onnx onnxscript',
};

/**
 * Exports a model to ONNX by PyTorch, in the interpreter that `MODELSHIP_PYTHON` names, and runs the original.
 *
 * @throws ModelPackageError `FORMAT_UNSUPPORTED` if Python lacks a package, `ARTIFACT_INVALID` if the model cannot be
 * loaded or exported
 */
export function exportByPytorch(request: ExportRequest): Promise<ExportReport> {
  const { folder, out } = request;
  const packages = PACKAGES['library' in request ? request.library : 'texts'];
  return requirePythonTool(
    request,
    {
      missing: (python) => `${folder} has weights of PyTorch, and ${python} cannot export them`,
      fix: `Install what is missing with \`pip install ${packages}\``,
      failed: (reason) =>
        new ModelPackageError(
          'ARTIFACT_INVALID',
          `${folder} cannot be exported by PyTorch: ${reason}. Export it to ONNX yourself, and pack the folder with that file.`,
        ),
    },
    out,
  );
}
