// The limit: node:http reading a body and sending one of the size that the model's answer has.
const { createServer } = require('node:http');

const body = Buffer.alloc(Number(process.env.RESPONSE_BYTES), 0x20);
createServer((request, response) => {
  request.on('data', () => {});
  request.on('end', () => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
    response.end(body);
  });
}).listen(Number(process.env.PORT), '127.0.0.1');
