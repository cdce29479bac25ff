/** What only TCP has. An address is `host:port`, with IPv6 addresses in brackets. */

import type * as connections from 'cogen:engine/connections@0.1.0';
import * as engine from 'cogen:engine/tcp@0.1.0';
import { ask } from '../error.ts';
import { raw } from '../handle.ts';
import { type Options, nanoseconds, raw as rawOptions, u32 } from '../options.ts';
import { Connection, Listener, PendingConnect } from './connections.ts';

/** How to connect. */
export interface ConnectOptions extends Options {
  /** The address to connect from; any, if it is left out. */
  local?: string;
}

/** How to listen. */
export interface ListenOptions {
  /** How many may have connected and not been accepted yet; the system may allow fewer. 1,024, if it is left out. */
  backlog?: number;
  /** Let other sockets listen at the same address, which share those who connect. Not everywhere. */
  reusePort?: boolean;
  /** On an IPv6 address, do not listen for IPv4. */
  onlyV6?: boolean;
}

/** A connection over TCP. */
export class TcpStream extends Connection {
  /**
   * Park until there is a connection to `address`: a host, or a name of which the addresses are tried in turn, and a port.
   *
   * Throws `NetworkError`, `OperationTimeout`, `Cancelled`, `Denied`, `InvalidArgument` or `LimitReached`.
   */
  static connect(address: string, options: ConnectOptions = {}): TcpStream {
    return new TcpStream(ask(() => engine.connect(address, options.local ?? '', rawOptions(options))));
  }

  /** Begin to connect without parking. Throws as `connect` does. */
  static startConnect(address: string, { local = '' }: Pick<ConnectOptions, 'local'> = {}): PendingConnect<TcpStream> {
    return new PendingConnect(ask(() => engine.startConnect(address, local)), TcpStream);
  }

  /** Whether small writes are sent at once instead of being gathered; not, unless it was set. */
  nodelay(): boolean {
    return ask(() => engine.nodelay(this[raw]));
  }

  /** Send small writes at once (`TCP_NODELAY`), or gather them while the peer has yet to acknowledge earlier ones. */
  setNodelay(on: boolean): void {
    ask(() => engine.setNodelay(this[raw], on));
  }

  /** Let the system ask a silent peer every so many whole seconds whether it is still there; not any more with zero. */
  setKeepAlive(every: number): void {
    ask(() => engine.setKeepAlive(this[raw], nanoseconds('every', every)));
  }

  /** How many bytes the system keeps for the connection: received and not yet read, written and not yet sent. */
  bufferSizes(): { receive: number; send: number } {
    const [receive, send] = ask(() => engine.bufferSizes(this[raw]));
    return { receive, send };
  }

  /** Ask for other sizes. The system may give others than asked for; zero leaves one as it is. */
  setBufferSizes(receive: number, send: number): void {
    ask(() => engine.setBufferSizes(this[raw], u32('receive', receive), u32('send', send)));
  }
}

/** A listener over TCP. */
export class TcpListener extends Listener<TcpStream> {
  /**
   * Listen at `address`, an IP address with a port; port zero lets the system choose one. Never parks.
   *
   * Throws `NetworkError`, `Denied`, `InvalidArgument` or `LimitReached`.
   */
  static listen(address: string, options: ListenOptions = {}): TcpListener {
    const { backlog = 0, reusePort = false, onlyV6 = false } = options;
    const how = { backlog: u32('backlog', backlog), reusePort, onlyV6 };
    return new TcpListener(ask(() => engine.listen(address, how)));
  }

  /** @internal */
  protected override connection(held: connections.Connection): TcpStream {
    return new TcpStream(held);
  }
}
