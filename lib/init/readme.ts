import type { Trust } from '@modelship/runtime/manifest';
import { LOGINS } from './cloud-login.js';
import type { Project } from './project.js';
import { type Cloud, TOOLS } from './targets.js';

/** Commands before the first deployment. */
const LOGIN: Readonly<Record<Cloud, string>> = {
  aws: 'npx cdk bootstrap      # once per account and region',
  azure: 'az login\nexport ARM_SUBSCRIPTION_ID=…',
  google: 'gcloud auth application-default login\nexport GOOGLE_PROJECT=…',
};

const TRUST_OPTIONS: Readonly<Record<Trust, string>> = {
  trustPickle: '--trust-pickle',
  trustCode: '--trust-code',
};

export function readme(project: Project): string {
  const { name, model, target, engine } = project;
  const { command, node } = TOOLS[engine];
  const trust = project.trust ? ` ${TRUST_OPTIONS[project.trust]}` : '';
  const variables = Object.entries(LOGINS[target.cloud].variables);
  return `# ${name}

Deploys the model \`${model}\` to ${target.service} with [Modelship](https://github.com/modelship/modelship). Needs Node.js ${node} or later.

\`\`\`sh
npm install
npm run check          # types and lint
npm test               # unit tests of the stack
npm run synth          # the template, without an account
\`\`\`

## Try the model

\`\`\`sh
npx modelship serve models/${model}${trust}
\`\`\`

## Deploy

${engine === 'cdk' ? '' : 'Terraform 1.5 or later must be on PATH.\n\n'}${target.needsDocker ? 'Docker builds the image of the runtime.\n\n' : ''}\`\`\`sh
${LOGIN[target.cloud]}
npm run deploy
\`\`\`

The deployment prints the URL of the endpoint. Nobody may call it until you grant access: add
\`this.endpoint.grantInvoke(…)\` in \`src/stack.ts\`.

## Deploy a new version of the model

\`\`\`sh
npx modelship pack MODEL --name ${model} --version 2 --out models/${model} --force${trust}
npm test && npm run deploy
\`\`\`

## Deploy from GitHub Actions

\`.github/workflows/ci.yml\` checks every pull request, and deploys \`main\` once these repository variables are set:

${variables.map(([variable, text]) => `- \`${variable}\`: ${text}`).join('\n')}

## Remove everything

\`\`\`sh
npx ${command} destroy
\`\`\`
`;
}
