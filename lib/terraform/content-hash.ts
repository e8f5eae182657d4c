import { Fn, TerraformLocal, Token } from 'cdktf';
import type { Construct } from 'constructs';
import { HASH_LENGTH, shortHash } from './names.js';

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

/** Returns a short hash of a text, which Terraform computes if it knows the text only at apply. */
export function textHash(scope: Construct, id: string, text: string): string {
  return Token.isUnresolved(text) ? contentHash(scope, id, [text], HASH_LENGTH) : shortHash(text);
}
