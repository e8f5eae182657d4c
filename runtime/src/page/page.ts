import { createHash } from 'node:crypto';
import { METRICS_PATH, OPEN_API_PATH } from '../contract.js';
import type { HttpResponse } from '../http/http.js';
import { signaturesOf } from '../manifest/index.js';
import { encodeInferRequestJson } from '../manifest/samples.js';
import type { ModelCatalog } from '../models/model-catalog.js';
import type { ModelVersion } from '../models/served-model.js';
import { takesPictures } from '../protocols/pictures.js';
import { InferenceError } from '../tensor/errors.js';
import type { Tensor } from '../tensor/tensor.js';
import { PAGE_SCRIPT } from './script.js';
import { PAGE_STYLE } from './style.js';

const source = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** URL of the published documentation. */
const DOCUMENTATION_URL = 'https://github.com/modelship/modelship/tree/main/docs';

// The page runs its own script only, and sends requests to this server only.
const HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy':
    `default-src 'none'; script-src ${source(PAGE_SCRIPT)}; style-src ${source(PAGE_STYLE)}; ` +
    "connect-src 'self'; img-src blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};

/** A version of a model in the data of the page. */
interface PageModel {
  readonly name: string;
  readonly version: string;
  /** Labels that point to this version. */
  readonly labels: readonly string[];
  readonly format: string;
  /** Task of the model. @default - its package has no task */
  readonly task?: string;
  /** Whether the only input takes files of pictures. */
  readonly takesPictures: boolean;
  readonly available: boolean;
  readonly failure?: string;
  readonly inputs: readonly object[];
  readonly outputs: readonly object[];
  /** Golden samples as infer requests of the Open Inference Protocol, in JSON. */
  readonly examples: readonly string[];
}

/** Returns the page to try the models: a form made from each signature, and the response with its latency. */
export function page(models: ModelCatalog): HttpResponse {
  const list = models
    .names()
    .flatMap((name) => models.versions(name))
    .map(
      (model): PageModel => ({
        name: model.name,
        version: model.version,
        labels: labelsOf(models, model),
        format: model.manifest.format,
        task: model.manifest.task?.type,
        takesPictures: takesPictures(model),
        available: model.isReady,
        failure: model.failure,
        // Inputs that the model ignores have no fields.
        inputs: signaturesOf(model.manifest).serving_default!.inputs.filter(({ unused }) => !unused),
        outputs: model.manifest.outputs,
        examples: (model.examples ?? []).flatMap(exampleText),
      }),
    );
  // `<` is written as an escape, so that no name in a manifest can end the element.
  const data = JSON.stringify(list).replaceAll('<', '\\u003c');
  return {
    status: 200,
    headers: HEADERS,
    body: `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Modelship</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
<header>
<h1>Modelship</h1>
<label>Model <select id="model"></select></label>
<nav><a href=".${OPEN_API_PATH}">OpenAPI</a> <a href=".${METRICS_PATH}">Metrics</a> <a href="${DOCUMENTATION_URL}">Documentation</a></nav>
</header>
<main>
<section aria-labelledby="request"><h2 id="request">Request</h2><form id="form"><div id="inputs"></div><div class="actions"><button id="predict">Predict</button><button type="button" id="sample" class="plain" hidden>Try a sample</button><button type="button" id="add" class="plain" hidden>Add a row</button></div></form></section>
<section aria-labelledby="response"><h2 id="response">Response</h2><p id="status" role="status"></p><div id="outputs"></div></section>
<section id="command-section" aria-labelledby="command" hidden><h2 id="command">Command line</h2><pre id="curl" tabindex="0"></pre><button type="button" id="copy" class="plain">Copy</button></section>
</main>
<script type="application/json" id="models">${data}</script>
<script>${PAGE_SCRIPT}</script>
</body>
</html>
`,
  };
}

/** JSON cannot represent non-finite numbers, so a sample that has one is omitted. */
function exampleText(inputs: readonly Tensor[]): string[] {
  try {
    return [encodeInferRequestJson(inputs)];
  } catch (error) {
    if (error instanceof InferenceError) return [];
    throw error;
  }
}

function labelsOf(models: ModelCatalog, { name, version }: ModelVersion): readonly string[] {
  return Object.entries(models.labels(name)).flatMap(([label, target]) => (target === version ? [label] : []));
}

/** Returns whether the client is a browser that shows a page, rather than a host that probes `GET /`. */
export function wantsPage(accept: string | undefined): boolean {
  return accept?.includes('text/html') ?? false;
}
