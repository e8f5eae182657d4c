// The main job from end to end, by the commands a user would type: a trained model becomes a package, a template for
// every target, and a local server that answers.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const json = process.argv.includes('--json');
const work = join('.cache', 'quickstart');
const modelPackage = join(work, 'iris');
const cli = join('dist', 'bin', 'modelship.js');
const started = Date.now();
const summary = {};

const FLOWERS = [
  [5.1, 3.5, 1.4, 0.2],
  [6.7, 3.0, 5.2, 2.3],
];

const colour = process.stdout.isTTY && !process.env.NO_COLOR;
const bold = (text) => (colour ? `\x1b[1m${text}\x1b[22m` : text);
const dim = (text) => (colour ? `\x1b[2m${text}\x1b[22m` : text);
const say = (text = '') => json || console.log(text);
const shown = (command) => say(dim(`    $ ${command}`));

let steps = 0;
function step(title) {
  steps++;
  say(`\n${bold(`${steps}. ${title}`)}`);
}

function fail(what, output = '') {
  if (json) console.log(JSON.stringify({ error: what, output }));
  else console.error(`${output}\nquickstart: ${what}`);
  process.exit(1);
}

/** Runs a command of this repository, shown as a user would type it, and returns what it printed. */
function run(command, args, environment = {}) {
  shown(command);
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    env: { ...process.env, ...environment },
  });
  if (status !== 0) fail(`\`${command}\` ended with exit code ${status}`, `${stdout}${stderr}`);
  return stdout;
}

/** The script behind a command that a dependency installs. */
function binary(dependency, command) {
  const folder = join('node_modules', dependency);
  return join(folder, JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).bin[command]);
}

function pack() {
  step('Pack a trained model: iris flowers, logistic regression, exported to ONNX');
  const args = [
    ...['pack', 'examples/iris/model.onnx', '--name', 'iris', '--samples', 'examples/iris/samples/requests.json'],
    ...['--labels', 'setosa,versicolor,virginica', '--out', modelPackage],
  ];
  run(`npx modelship ${args.join(' ')}`, [cli, ...args]);
  const manifest = JSON.parse(readFileSync(join(modelPackage, 'model.json'), 'utf8'));
  summary.package = { path: modelPackage, digest: manifest.digest, samples: manifest.samples.count };
  say(`    ${manifest.format}, ${manifest.samples.count} golden samples, digest ${manifest.digest.slice(0, 19)}…`);
  return manifest;
}

function evaluate() {
  step('Compare its predictions with the expected ones');
  const args = ['evaluate', modelPackage];
  const output = run(`npx modelship ${args.join(' ')}`, [cli, ...args]);
  summary.evaluation = output.split('\n')[0];
  say(output.trimEnd().replace(/^/gm, '    '));
}

function compare() {
  step('Compare what it would cost on every target');
  const args = ['compare', modelPackage, '--rate', '20', '--json'];
  const { targets } = JSON.parse(run(`npx modelship ${args.slice(0, -1).join(' ')}`, [cli, ...args]));
  summary.costs = targets.map(({ target, bill }) => ({ target, monthlyUsd: bill.monthlyUsd }));
  for (const { target, monthlyUsd } of summary.costs) say(`    ${target.padEnd(28)} $${monthlyUsd.toFixed(2)} a month`);
}

function synthesize() {
  step('Write the template of every target');
  summary.targets = [];
  const target = (name, file) => {
    summary.targets.push({ name, file });
    say(`    ${name.padEnd(28)} ${file}`);
  };

  if (existsSync('cdk.json')) {
    const out = join(work, 'cdk.out');
    const context = ['-c', `package=${modelPackage}`, '-c', 'target=serverless,container,endpoint'];
    const args = ['synth', '--quiet', '--output', out, ...context];
    run(`npx cdk ${args.join(' ')}`, [binary('aws-cdk', 'cdk'), ...args]);
    const { artifacts } = JSON.parse(readFileSync(join(out, 'manifest.json'), 'utf8'));
    for (const [name, { type, properties }] of Object.entries(artifacts)) {
      if (type === 'aws:cloudformation:stack') target(name, join(out, properties.templateFile));
    }
  }
  if (existsSync('cdktf.json')) {
    const out = join(work, 'cdktf.out');
    const context = JSON.stringify({ package: modelPackage });
    run(
      `MODELSHIP_CONTEXT='${context}' npx cdktf synth --output ${out}`,
      [binary('cdktf-cli', 'cdktf'), 'synth', '--output', out],
      { MODELSHIP_CONTEXT: context, CHECKPOINT_DISABLE: '1' },
    );
    for (const name of readdirSync(join(out, 'stacks')).sort()) target(name, join(out, 'stacks', name, 'cdk.tf.json'));
  }
}

async function serve() {
  step('Serve it here, by the server that runs in every cloud');
  shown(`npx modelship serve ${modelPackage}`);
  const server = spawn(process.execPath, [cli, 'serve', modelPackage, '--port', '0', '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  process.on('exit', () => server.kill());
  const url = await new Promise((resolve) => {
    let text = '';
    server.stdout.on('data', (chunk) => {
      text += chunk;
      if (text.includes('\n')) resolve(JSON.parse(text.slice(0, text.indexOf('\n'))).url);
    });
    server.on('exit', (code) => fail(`the server ended with exit code ${code}`));
  });
  say(`    its samples agree; ready on ${url}`);
  return { server, url };
}

async function predict(url, { outputs }) {
  step('Ask for predictions, as clients of TensorFlow Serving do');
  const body = JSON.stringify({ instances: FLOWERS });
  shown(`curl -d '${body}' ${url}/v1/models/iris:predict`);
  const response = await fetch(`${url}/v1/models/iris:predict`, { method: 'POST', body });
  const answer = await response.text();
  if (!response.ok) fail(`the server answered ${response.status}`, answer);
  summary.predictions = JSON.parse(answer).predictions;
  say(answer.trimEnd().replace(/^/gm, '    '));
  const { labels } = outputs.find(({ name }) => name === 'probabilities');
  const names = summary.predictions.map(({ label, probabilities }) => {
    return `${labels[label]} (${(100 * probabilities[label]).toFixed(1)} %)`;
  });
  say(`    That is ${names.join(' and ')}.`);
}

async function stop(server) {
  server.removeAllListeners('exit');
  const exited = new Promise((done) => server.once('exit', done));
  server.kill('SIGTERM');
  await exited;
}

rmSync(work, { recursive: true, force: true });
const manifest = pack();
evaluate();
compare();
synthesize();
const { server, url } = await serve();
await predict(url, manifest);
await stop(server);

if (json) console.log(JSON.stringify(summary));
const next = [
  ['Keep it running', 'npx modelship serve examples/iris/model'],
  ...(existsSync('cdk.json')
    ? [['Deploy it to your AWS account', 'npx cdk bootstrap && npx cdk deploy -c example=iris']]
    : []),
  ['Pack your own model', 'npx modelship pack MODEL.onnx --name NAME --samples REQUESTS.json'],
  ['Read on', 'README.md'],
];
say(`\nDone in ${((Date.now() - started) / 1000).toFixed(1)} s. Everything that was made lies in ${work}.`);
say(`\n${bold('Next')}`);
for (const [title, command] of next) say(`    ${title.padEnd(31)}${dim(command)}`);
