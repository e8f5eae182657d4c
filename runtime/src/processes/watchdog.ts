/** Milliseconds between two checks of a process. */
const CHECK_MS = 5000;

/** Reports a process that stops responding. */
export class Watchdog {
  /**
   * Consecutive checks without a response. Checks are counted rather than time, so that a pause of the whole container
   * counts as one check.
   */
  private unanswered = 0;
  private readonly timer: NodeJS.Timeout;

  /**
   * @param check asks the process to respond
   * @param limitMs milliseconds without a response after which the process counts as hung, read for each check
   * @param onHung called once, with the milliseconds
   */
  constructor(
    private readonly check: () => Promise<void>,
    private readonly limitMs: () => number,
    private readonly onHung: (milliseconds: number) => void,
  ) {
    this.timer = setInterval(() => this.next(), CHECK_MS);
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private next(): void {
    const milliseconds = this.unanswered * CHECK_MS;
    if (milliseconds >= this.limitMs()) {
      this.stop();
      this.onHung(milliseconds);
      return;
    }
    this.unanswered++;
    this.check().then(
      () => {
        this.unanswered = 0;
      },
      // The process has exited.
      () => {},
    );
  }
}
