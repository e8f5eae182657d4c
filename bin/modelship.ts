#!/usr/bin/env node
import { main } from '../lib/cli/program.js';

// The reader of a pipe, such as `head`, may close it early.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  throw error;
});

main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
