import type { Worker } from 'node:cluster';

/** Connection that `node:cluster` hands to a process. */
interface Connection {
  close(): void;
}

/** Message that hands a connection to a process, with the connection and the options of the channel. */
type Handover = readonly [message: { readonly seq?: number }, connection?: Connection, ...rest: unknown[]];

/**
 * Hands the connections that a process never took to another one, in turn, or closes them if there is none.
 * `node:cluster` keeps its own descriptor of a connection until a process confirms it, which a process does before it
 * reads from the connection. So no request is lost or runs twice, and no client waits forever for a response.
 *
 * @param others returns the processes that take connections
 */
export function passOnUntaken({ process }: Worker, others: () => readonly Worker[]): void {
  const untaken = new Map<number, Handover>();
  const send = process.send!.bind(process) as (...args: Handover) => boolean;
  process.send = (...args: unknown[]) => {
    const handover = args as unknown as Handover;
    const [{ seq }, connection] = handover;
    if (connection && seq !== undefined) untaken.set(seq, handover);
    return send(...handover);
  };
  process.on('internalMessage', ({ ack }: { readonly ack?: number }) => {
    if (ack !== undefined) untaken.delete(ack);
  });
  const passOn = () => {
    // Confirmations may still be in the channel. `disconnect` is not emitted while a connection is untaken.
    if (process.connected) return void setImmediate(passOn);
    const takers = others().filter((other) => other.process !== process && other.isConnected());
    for (const [index, handover] of [...untaken.values()].entries()) {
      const taker = takers[index % takers.length];
      // The confirmation has the number of the message, so that `node:cluster` closes its descriptor as of any other.
      if (taker) (taker.process.send as (...args: Handover) => boolean)(...handover);
      else handover[1]!.close();
    }
    untaken.clear();
  };
  process.on('exit', passOn);
}
