import { LOGINS } from './cloud-login.js';
import type { Project } from './project.js';
import { type Cloud, TOOLS } from './targets.js';

/** The GitHub Actions workflow: checks every change, and deploys `main` once the variables of the cloud are set. */
export function workflow({ model, target, engine, name }: Project): string {
  const { variables, steps } = LOGINS[target.cloud];
  const [first] = Object.keys(variables);
  const deploy =
    engine === 'cdk'
      ? 'npx cdk deploy --require-approval never'
      : `npx ${TOOLS[engine].command} deploy ${name} --auto-approve`;
  return `name: ci
on:
  pull_request:
  push:
    branches: [main]
permissions:
  contents: read
jobs:
  check:
    runs-on: ubuntu-latest
    steps:
${SETUP}      - run: npm run check
      - run: npx modelship inspect models/${model}
      - run: npm test
  deploy:
    needs: check
    if: github.ref == 'refs/heads/main' && vars.${first} != ''
    runs-on: ubuntu-latest
    permissions:
      contents: read
      id-token: write
    concurrency: deploy
${environment(target.cloud, Object.keys(variables))}    steps:
${SETUP}${engine === 'cdk' ? '' : TERRAFORM}${target.needsDocker ? QEMU : ''}${steps}      - run: ${deploy}
`;
}

const SETUP = `      - uses: actions/checkout@v4
      - uses: actions/setup-node@v4
        with:
          node-version: 24
          cache: npm
      - run: npm ci
`;

const TERRAFORM = `      - uses: hashicorp/setup-terraform@v3
        with:
          terraform_wrapper: false
`;

/** The image of the runtime is built for Arm by default. */
const QEMU = '      - uses: docker/setup-qemu-action@v3\n';

/** The app and the Terraform providers read their settings from the environment. */
function environment(cloud: Cloud, variables: readonly string[]): string {
  if (cloud === 'aws') return '';
  const lines = variables.map((name) => `      ${name}: \${{ vars.${name} }}\n`);
  return `    env:\n${lines.join('')}${cloud === 'azure' ? "      ARM_USE_OIDC: 'true'\n" : ''}`;
}
