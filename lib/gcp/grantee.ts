import type { ITerraformDependable } from 'cdktf';

/** An identity that is granted a role. */
export interface Grantee {
  /** IAM member, such as `serviceAccount:pods@project.iam.gserviceaccount.com`. */
  readonly member: string;
  /** Resources that must exist before a role can be granted to the member. @default - none */
  readonly dependsOn?: readonly ITerraformDependable[];
  /** Whether it is the identity of a Google service, which may pull from its own project without a grant. @default false */
  readonly isServiceAgent?: boolean;
}
