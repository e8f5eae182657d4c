// `explain.cjs FOLDER MODEL PYTHON` prints the milliseconds of processor time for all rows, and a sum of the effects.
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { engineFor } = require('@modelship/runtime/serve');
const { readAdditiveModel } = require('../../runtime/dist/engines/additive.js');
const { AdditiveExplainer } = require('../../runtime/dist/explain/additive-explainer.js');

const RUNS = 3;
const FORMATS = { ubj: 'xgboost', txt: 'lightgbm', pkl: 'pickle' };

async function main(folder, name, python) {
  const rows = JSON.parse(readFileSync(join(folder, 'rows.json'), 'utf8'));
  const [instances, background] = [rows.instances, rows.background].map((each) => Float64Array.from(each.flat()));
  const artifact = { path: join(folder, name), format: FORMATS[name.split('.').at(-1)] };
  const model = await engineFor(artifact.format).load(artifact, { python, threads: 1, trustPickle: true });
  const explainer = new AdditiveExplainer(await readAdditiveModel(artifact, model));
  await model.close();
  const times = [];
  let values;
  for (let run = 0; run < RUNS; run++) {
    const since = process.cpuUsage();
    values = finished(explainer.interventional(instances, background)).values;
    const { user, system } = process.cpuUsage(since);
    times.push((user + system) / 1000);
  }
  const sum = values.reduce((total, each) => total + Math.abs(each), 0);
  console.log(JSON.stringify({ milliseconds: times.sort((left, right) => left - right)[RUNS >> 1], sum }));
}

function finished(work) {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}

void main(process.argv[2], process.argv[3], process.argv[4]);
