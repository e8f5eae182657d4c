import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requireTool } from './tools.js';

// biome-ignore lint/suspicious/noExplicitAny: a template holds whatever Terraform's JSON syntax allows
type Json = any;

/** An attribute of a resource or data source, inside an expression: `google_service_account.Iris_123.email`. */
const REFERENCE =
  /\b(?:data\.)?(?:google|azurerm|azapi|azuread|restful|kubernetes|time)_\w+\.[\w-]+(?:\.\w+|\[\w+\])*/g;

/**
 * The values of `expressions`, which are parts of the synthesized `template`, as the real Terraform sends them to a
 * provider. Attributes of resources, which only a cloud knows, count as the text `known-after-apply`.
 */
export function evaluate(template: Json, expressions: { readonly [name: string]: Json }): { [name: string]: Json } {
  const terraform = requireTool('terraform');
  const folder = mkdtempSync(join(tmpdir(), 'terraform-'));
  const stubbed = (value: Json) =>
    JSON.parse(
      JSON.stringify(value).replace(/\$\{(?:[^{}]|\{[^{}]*\})*\}/g, (expression) =>
        expression.replace(REFERENCE, () => '\\"known-after-apply\\"'),
      ),
    );
  const output = Object.entries(expressions).map(([name, value]) => [name, { value: stubbed(value) }]);
  const configuration = {
    variable: template.variable,
    locals: stubbed(template.locals ?? {}),
    output: Object.fromEntries(output),
  };
  writeFileSync(join(folder, 'main.tf.json'), JSON.stringify(configuration));
  const run = (...args: string[]) =>
    execFileSync(terraform, args, {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, CHECKPOINT_DISABLE: '1' },
    });
  run('init', '-input=false', '-no-color');
  run('apply', '-auto-approve', '-input=false', '-no-color');
  const outputs: { [name: string]: { value: Json } } = JSON.parse(run('output', '-json'));
  return Object.fromEntries(Object.entries(outputs).map(([name, { value }]) => [name, value]));
}
