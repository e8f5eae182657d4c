// The limit: the least a Node process can do and still answer a prediction. No router, no checks, no batching.
const { createServer } = require('node:http');
const { InferenceSession, Tensor } = require('onnxruntime-node');

InferenceSession.create(process.env.MODEL, { intraOpNumThreads: 1 }).then((session) => {
  const [input] = session.inputNames;
  createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', async () => {
      const { instances } = JSON.parse(Buffer.concat(chunks));
      const data = Float32Array.from(instances.flat());
      const outputs = await session.run({
        [input]: new Tensor('float32', data, [instances.length, instances[0].length]),
      });
      const columns = session.outputNames.map((name) => Array.from(outputs[name].data, Number));
      response.end(JSON.stringify({ predictions: columns }));
    });
  }).listen(Number(process.env.PORT), '127.0.0.1');
});
