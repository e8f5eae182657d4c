import type { ITerraformDependable } from 'cdktf';

/** Identity that receives an IAM role. */
export interface Grantee {
  /** IAM member, such as `serviceAccount:pods@project.iam.gserviceaccount.com`. */
  readonly member: string;
  /** Resources that must exist before the role is granted. @default - none */
  readonly dependsOn?: readonly ITerraformDependable[];
  /** Whether the identity is a Google service agent, which can pull from its project without a grant. @default false */
  readonly isServiceAgent?: boolean;
}
