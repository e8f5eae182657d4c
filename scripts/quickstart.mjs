// The main job from end to end, by the commands a user would type: a trained model becomes a package, a template for
// every target, and a local server that answers.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const json = process.argv.includes('--json');
const work = join('.cache', 'quickstart');
const modelPackage = join(work, 'iris');
const started = Date.now();
const summary = {};

const say = (text = '') => json || console.log(text);
const seconds = (since) => `${((Date.now() - since) / 1000).toFixed(1)} s`;

function step(number, title) {
  say(`\n[${number}/4] ${title}`);
}

function fail(what, output = '') {
  if (json) console.log(JSON.stringify({ error: what, output }));
  else console.error(`${output}\nquickstart: ${what}`);
  process.exit(1);
}

/** Runs a command, shown as a user would type it, and returns what it printed. */
function run(shown, args, environment = {}) {
  say(`  $ ${shown}`);
  const since = Date.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    env: { ...process.env, ...environment },
  });
  if (status !== 0) fail(`\`${shown}\` ended with exit code ${status}`, `${stdout}${stderr}`);
  say(`    done in ${seconds(since)}`);
  return stdout;
}

const cli = join('dist', 'bin', 'modelship.js');
const bin = (name) =>
  join(
    'node_modules',
    name,
    JSON.parse(readFileSync(join('node_modules', name, 'package.json'))).bin[name === 'aws-cdk' ? 'cdk' : 'cdktf'],
  );

rmSync(work, { recursive: true, force: true });

step(1, 'Pack the trained iris model');
const packArguments = [
  'pack',
  'examples/iris/model.onnx',
  '--name',
  'iris',
  '--samples',
  'examples/iris/samples/requests.json',
  '--labels',
  'setosa,versicolor,virginica',
  '--out',
  modelPackage,
];
run(`npx modelship ${packArguments.join(' ')}`, [cli, ...packArguments]);
const manifest = JSON.parse(readFileSync(join(modelPackage, 'model.json'), 'utf8'));
summary.package = { path: modelPackage, digest: manifest.digest, samples: manifest.samples.count };
say(`    ${manifest.format}, ${manifest.samples.count} golden samples, ${manifest.digest.slice(0, 19)}…`);

step(2, 'Synthesize every target');
run(`npx cdk synth -c package=${modelPackage}`, [
  bin('aws-cdk'),
  'synth',
  '--quiet',
  '-c',
  `package=${modelPackage}`,
  '--output',
  join(work, 'cdk.out'),
]);
summary.aws = join(work, 'cdk.out');
if (existsSync('cdktf.json')) {
  run('npx cdktf synth', [bin('cdktf-cli'), 'synth', '--output', join(work, 'cdktf.out')], { CHECKPOINT_DISABLE: '1' });
  summary.terraform = join(work, 'cdktf.out');
}

step(3, 'Serve it locally');
say(`  $ npx modelship serve ${modelPackage} --port 0`);
const server = spawn(process.execPath, [cli, 'serve', modelPackage, '--port', '0', '--json'], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
process.on('exit', () => server.kill());
const { url } = await new Promise((resolve, reject) => {
  let text = '';
  server.stdout.on('data', (chunk) => {
    text += chunk;
    for (const line of text.split('\n').slice(0, -1)) {
      try {
        const event = JSON.parse(line);
        if (event.url) return resolve(event);
      } catch {}
    }
  });
  server.on('exit', (code) => reject(new Error(`the server ended with exit code ${code}`)));
}).catch((error) => fail(error.message));
say(`    ready on ${url}`);

step(4, 'Ask for predictions');
const body = JSON.stringify({
  instances: [
    [5.1, 3.5, 1.4, 0.2],
    [6.7, 3.0, 5.2, 2.3],
  ],
});
say(`  $ curl -d '${body}' ${url}/v1/models/iris:predict`);
const response = await fetch(`${url}/v1/models/iris:predict`, { method: 'POST', body });
const answer = await response.text();
if (!response.ok) fail(`the server answered ${response.status}`, answer);
summary.predictions = JSON.parse(answer).predictions;
say(answer.replace(/^/gm, '    '));

const exited = new Promise((done) => server.once('exit', done));
server.kill('SIGTERM');
await exited;

if (json) console.log(JSON.stringify(summary));
say(`
All of it took ${seconds(started)}. What was made lies in ${work}.

Next: deploy it to your AWS account (nothing public: callers sign with IAM)
  npx cdk bootstrap            # once for an account and region
  npx cdk deploy -c example=iris
or pack your own model
  npx modelship pack MODEL.onnx --name NAME --samples SAMPLES.json`);
