import { createHash } from 'node:crypto';
import type { HttpResponse } from '../http/http.js';
import type { ModelCatalog } from '../models/model-catalog.js';
import type { ModelVersion } from '../models/served-model.js';
import { PAGE_SCRIPT } from './script.js';
import { PAGE_STYLE } from './style.js';

const source = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

// The page runs its own script and nothing else, and talks to this server alone.
const HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy':
    `default-src 'none'; script-src ${source(PAGE_SCRIPT)}; style-src ${source(PAGE_STYLE)}; ` +
    "connect-src 'self'; img-src blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};

/** What the page is told of a model. */
interface PageModel {
  readonly name: string;
  readonly version: string;
  /** The labels that point to this version. */
  readonly labels: readonly string[];
  readonly format: string;
  readonly available: boolean;
  readonly failure?: string;
  readonly inputs: readonly object[];
  readonly outputs: readonly object[];
}

/** The page where a person tries the models: a form made from each signature, and the answer with its latency. */
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
        available: model.isReady,
        failure: model.failure,
        inputs: model.manifest.inputs,
        outputs: model.manifest.outputs,
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
<header><h1>Modelship</h1><label>Model <select id="model"></select></label></header>
<main>
<section aria-labelledby="ask"><h2 id="ask">Ask</h2><form id="form"><div id="inputs"></div><button id="predict">Predict</button></form></section>
<section aria-labelledby="answer"><h2 id="answer">Answer</h2><p id="status" role="status">Fill in the form and press Predict.</p><div id="outputs"></div></section>
<section aria-labelledby="same"><h2 id="same">The same from a terminal</h2><pre id="curl" tabindex="0"></pre></section>
</main>
<script type="application/json" id="models">${data}</script>
<script>${PAGE_SCRIPT}</script>
</body>
</html>
`,
  };
}

function labelsOf(models: ModelCatalog, { name, version }: ModelVersion): readonly string[] {
  return Object.entries(models.labels(name)).flatMap(([label, target]) => (target === version ? [label] : []));
}

/** Whether the client is a browser that wants a page, rather than a host that asks `GET /` for a sign of life. */
export function wantsPage(accept: string | undefined): boolean {
  return accept?.includes('text/html') ?? false;
}
