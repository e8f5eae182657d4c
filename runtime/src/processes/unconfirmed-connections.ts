import type { Worker } from 'node:cluster';

/** Connection that `node:cluster` hands to a process. */
interface Connection {
  close(): void;
}

/**
 * Closes the connections that were handed to a process which exits before it confirms them. `node:cluster` closes its
 * own descriptor of a connection only once the process confirms, so that clients would wait forever for a response.
 */
export function closeUnconfirmed({ process }: Worker): void {
  const unconfirmed = new Map<number, Connection>();
  const send = process.send!.bind(process) as (...args: unknown[]) => boolean;
  process.send = (message: object, ...rest: unknown[]) => {
    const { seq } = message as { readonly seq?: number };
    const [connection] = rest;
    if (connection && seq !== undefined) unconfirmed.set(seq, connection as Connection);
    return send(message, ...rest);
  };
  process.on('internalMessage', ({ ack }: { readonly ack?: number }) => {
    if (ack !== undefined) unconfirmed.delete(ack);
  });
  process.on('exit', () => {
    for (const connection of unconfirmed.values()) connection.close();
    unconfirmed.clear();
  });
}
