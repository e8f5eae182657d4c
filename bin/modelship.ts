#!/usr/bin/env node
import { stopWithNpm } from '../lib/cli/parent.js';
import { main } from '../lib/cli/program.js';

// The reader of a pipe, such as `head`, may close it early.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  throw error;
});

// Nobody reads the messages any more, for example because Ctrl+C ended `tee`. Work such as giving traffic back goes on.
process.stderr.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

stopWithNpm();
main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
