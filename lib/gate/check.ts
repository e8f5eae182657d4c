// Checks the questions in the folder of a gate, and prints the first fault as JSON.

import { questionsFault } from './questions.js';

questionsFault(process.argv[2]!).then(
  (fault) => process.stdout.write(JSON.stringify(fault ?? {})),
  (error) => {
    process.stderr.write(`${error.stack}\n`);
    process.exitCode = 1;
  },
);
