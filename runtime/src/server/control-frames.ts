import { constants, type ServerHttp2Session } from 'node:http2';

/**
 * Number of PING and SETTINGS frames that a connection may send in `WINDOW_MS` without a call. Clients measure their
 * bandwidth by a ping for each response, and keep a connection open by one every 10 seconds or less often.
 */
const MAX_FRAMES = 100;
const WINDOW_MS = 10_000;

/**
 * Closes an HTTP/2 session that floods the server with PING or SETTINGS frames, which need no credential and which the
 * server must acknowledge.
 */
export function limitControlFrames(session: ServerHttp2Session): void {
  let frames = 0;
  let since = performance.now();
  const count = () => {
    const now = performance.now();
    if (now - since > WINDOW_MS) {
      since = now;
      frames = 0;
    }
    frames++;
    if (frames !== MAX_FRAMES + 1 || session.destroyed) return;
    session.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM);
    // A session that is destroyed while it reads never closes.
    setImmediate(() => session.destroy());
  };
  session.on('ping', count);
  session.on('remoteSettings', count);
  session.on('stream', () => {
    frames = 0;
  });
}
