import { Fn, TerraformLocal } from 'cdktf';
import type { Construct } from 'constructs';

/**
 * Returns a hexadecimal hash of `values`, computed by Terraform because some values are known only at apply.
 *
 * @param id id of the local value that collects `values`; passed to the function directly, cdktf would escape a string
 * that contains a reference
 */
export function contentHash(scope: Construct, id: string, values: readonly unknown[], length: number): string {
  const gathered = new TerraformLocal(scope, id, [...values]);
  return Fn.substr(Fn.sha256(Fn.jsonencode(gathered.expression)), 0, length);
}
