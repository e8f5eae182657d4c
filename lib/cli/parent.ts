/** Milliseconds between two checks whether the parent process still runs. */
const CHECK_MILLISECONDS = 500;

/**
 * Stops a command that waits for SIGTERM when the npm or npx that started it has ended. They forward a signal only to
 * the shell that they run, which ends without its child process. Windows does not report the end of a parent process.
 */
export function stopWithNpm(): void {
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  const check = setInterval(() => {
    // A command removes its listener at the first signal. A second signal would abort requests in flight.
    if (process.ppid === parent || process.listenerCount('SIGTERM') === 0) return;
    clearInterval(check);
    process.kill(process.pid, 'SIGTERM');
  }, CHECK_MILLISECONDS);
  check.unref();
}
