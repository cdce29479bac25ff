/**
 * What only Unix sockets have. A path is one of the host's file system, of 1 to 100 bytes; on systems without Unix sockets
 * everything throws `NetworkError`.
 */

import type * as connections from 'cogen:engine/connections@0.1.0';
import * as engine from 'cogen:engine/unix@0.1.0';
import { ask } from '../error.ts';
import { type Options, raw as rawOptions, u32 } from '../options.ts';
import { Connection, Listener, PendingConnect } from './connections.ts';

/** A connection over a Unix socket. */
export class UnixStream extends Connection {
  /**
   * Park until there is a connection to the socket at `path` of the host.
   *
   * Throws `NetworkError`, `OperationTimeout`, `Cancelled`, `Denied`, `InvalidArgument` or `LimitReached`.
   */
  static connect(path: string, options: Options = {}): UnixStream {
    return new UnixStream(ask(() => engine.connect(path, rawOptions(options))));
  }

  /** Begin to connect without parking. Throws as `connect` does. */
  static startConnect(path: string): PendingConnect<UnixStream> {
    return new PendingConnect(ask(() => engine.startConnect(path)), UnixStream);
  }
}

/** A listener over a Unix socket. */
export class UnixListener extends Listener<UnixStream> {
  /**
   * Listen at `path`. A socket that is there and that nobody listens to any more is replaced; the file is removed when the
   * listener goes. `backlog` is how many may have connected and not been accepted yet; 1,024, if it is left out. Never parks.
   *
   * Throws `NetworkError`, `Denied`, `InvalidArgument` or `LimitReached`.
   */
  static listen(path: string, { backlog = 0 }: { backlog?: number } = {}): UnixListener {
    return new UnixListener(ask(() => engine.listen(path, u32('backlog', backlog))));
  }

  /** @internal */
  protected override connection(held: connections.Connection): UnixStream {
    return new UnixStream(held);
  }
}
