#!/usr/bin/env node
import { stopWithNpm } from '../lib/cli/parent.js';
import { main } from '../lib/cli/program.js';

// The reader of a pipe, such as `head`, may close it early.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  throw error;
});

stopWithNpm();
main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
