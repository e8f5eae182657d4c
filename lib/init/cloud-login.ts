import type { Cloud } from './targets.js';

/** Steps that log in to a cloud with OpenID Connect, and the repository variables that they read. */
interface CloudLogin {
  readonly variables: Readonly<Record<string, string>>;
  readonly steps: string;
}

export const LOGINS: Readonly<Record<Cloud, CloudLogin>> = {
  aws: {
    variables: {
      AWS_DEPLOY_ROLE: 'ARN of an IAM role that GitHub Actions may assume',
      AWS_REGION: 'region to deploy to',
    },
    steps: `      - uses: aws-actions/configure-aws-credentials@v4
        with:
          role-to-assume: \${{ vars.AWS_DEPLOY_ROLE }}
          aws-region: \${{ vars.AWS_REGION }}
`,
  },
  azure: {
    variables: {
      ARM_CLIENT_ID: 'client ID of an Entra application with a federated credential for this repository',
      ARM_TENANT_ID: 'tenant ID',
      ARM_SUBSCRIPTION_ID: 'subscription to deploy to',
      STATE_STORAGE_ACCOUNT: 'storage account with a container `tfstate` for the Terraform state',
    },
    steps: `      - uses: azure/login@v2
        with:
          client-id: \${{ vars.ARM_CLIENT_ID }}
          tenant-id: \${{ vars.ARM_TENANT_ID }}
          subscription-id: \${{ vars.ARM_SUBSCRIPTION_ID }}
`,
  },
  google: {
    variables: {
      GOOGLE_WORKLOAD_IDENTITY_PROVIDER: 'workload identity provider that trusts this repository',
      GOOGLE_DEPLOY_ACCOUNT: 'service account that deploys',
      GOOGLE_PROJECT: 'project to deploy to',
      STATE_BUCKET: 'bucket for the Terraform state',
    },
    steps: `      - uses: google-github-actions/auth@v2
        with:
          workload_identity_provider: \${{ vars.GOOGLE_WORKLOAD_IDENTITY_PROVIDER }}
          service_account: \${{ vars.GOOGLE_DEPLOY_ACCOUNT }}
`,
  },
};
