// `recommend.cjs ARRAYS QUERIES` prints the milliseconds of processor time of a query that runs together with others.
const { engineFor } = require('@modelship/runtime/serve');

const RUNS = 12;

async function main(path, count) {
  const model = await engineFor('npz').load({ path, format: 'npz' }, {});
  const data = Array.from({ length: count }, (_, user) => Buffer.from(`${user}`));
  const times = [];
  for (let run = 0; run < RUNS; run++) {
    const since = process.cpuUsage();
    await model.run([{ name: 'query', datatype: 'BYTES', shape: [count], data }]);
    const { user, system } = process.cpuUsage(since);
    times.push((user + system) / 1000 / count);
  }
  console.log(times.sort((left, right) => left - right)[RUNS >> 1]);
  await model.close();
}

void main(process.argv[2], Number(process.argv[3]));
