import { Fn, TerraformResource } from 'cdktf';
import type { Construct } from 'constructs';

const TYPE = 'terraform_data';
const SUFFIX_LENGTH = 8;

/** A value in the state: Terraform's own resource `terraform_data`. */
export class TerraformData extends TerraformResource {
  // Not cdktf's class for it, which runs `terraform version` at every synthesis.
  constructor(scope: Construct, id: string, input?: unknown) {
    super(scope, id, {
      terraformResourceType: TYPE,
      terraformGeneratorMetadata: { providerName: 'terraform' },
    });
    if (input !== undefined) this.addOverride('input', input);
  }

  /** Address for `replace_triggered_by`, which takes no template. */
  get address(): string {
    return `${TYPE}.${this.friendlyUniqueId}`;
  }
}

/**
 * Eight hexadecimal digits that stay the same until the stack is destroyed, and differ in the next one: for names that a
 * cloud keeps reserved for days after their resource was deleted.
 */
export function lifetimeSuffix(scope: Construct, id: string): string {
  return Fn.substr(new TerraformData(scope, id).getStringAttribute('id'), 0, SUFFIX_LENGTH);
}
