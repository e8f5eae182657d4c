import { Fn, TerraformLocal } from 'cdktf';
import type { Construct } from 'constructs';

/**
 * Hexadecimal digits that differ whenever one of `values` does, computed by Terraform, because only apply knows some of
 * them.
 *
 * @param id names the local value in which they are gathered; given straight to a function, cdktf would escape a text
 * that is a reference in part
 */
export function contentHash(scope: Construct, id: string, values: readonly unknown[], length: number): string {
  const gathered = new TerraformLocal(scope, id, [...values]);
  return Fn.substr(Fn.sha256(Fn.jsonencode(gathered.expression)), 0, length);
}
