/** What all streams and listeners have in common. */

import * as engine from 'cogen:engine/connections@0.1.0';
import { type Bytes, askBytes, bytes, string } from '../bytes.ts';
import { Coroutine } from '../coroutine.ts';
import { ask } from '../error.ts';
import { Handle, raw, take } from '../handle.ts';
import { type Options, raw as rawOptions, u32, u64 } from '../options.ts';
import { type Wait, blockOn } from '../select.ts';

/**
 * One end of a connection: a `TcpStream`, a `UnixStream`, or either of them. To close it closes the connection, unless it is
 * shared.
 *
 * The end of a stream is no error but less than was asked for: `read` answers nothing, `readExact` less, `readLine` a line
 * without its newline. A read that times out or is cancelled loses nothing: what has come can be read later.
 *
 * The timeout of an operation bounds all of it, whatever moves meanwhile; an operation that gives none has the connection's
 * (`setTimeout`), then the program's, then the engine's. The idle timeout (`setIdleTimeout`) bounds the time in which nothing
 * moves. Both may be used together.
 */
export class Connection extends Handle<engine.Connection> {
  /** @internal */
  static readonly KIND: string = 'a connection';

  /**
   * Park until there is something to read, and answer at most `most` bytes of it, 256 KiB in any case. Nothing is the end of
   * the stream.
   *
   * Throws `OperationTimeout`, `Cancelled`, `NetworkError`, or `InvalidArgument` when `most` is zero.
   */
  read(most: number, options: Options = {}): Uint8Array {
    return askBytes(() => this[raw].read(u32('most', most), rawOptions(options)));
  }

  /**
   * Park until `length` bytes are there, 16 MiB at most, and answer them. Fewer mean that the stream has ended.
   *
   * Throws as `read` does, and `LimitReached` when too many payloads are kept in the engine.
   */
  readExact(length: number, options: Options = {}): Uint8Array {
    return askBytes(() => this[raw].readExact(u32('length', length), rawOptions(options)));
  }

  /**
   * Park until a line is there, and answer it with its newline. A line without one is the last of the stream, and nothing is
   * its end. `most` bounds the line with its newline, in bytes, 1 MiB at most.
   *
   * Throws as `readExact` does, and `TooLong`: then what has come can be read.
   */
  readLine(most: number, options: Options = {}): Uint8Array {
    return askBytes(() => this[raw].readLine(u32('most', most), rawOptions(options)));
  }

  /**
   * Park until the system takes some of `value`, and answer how many bytes it took. None are taken of nothing.
   *
   * Throws `OperationTimeout`, `Cancelled`, `NetworkError` (`closed` or `reset`: the peer is gone), or `InvalidArgument` for
   * more than 16 MiB.
   */
  write(value: Bytes, options: Options = {}): number {
    return ask(() => this[raw].write(bytes(value), rawOptions(options)));
  }

  /**
   * Park until the system has taken all of `value`, 16 MiB at most. After a failure `counts` tells how many bytes it took.
   *
   * Throws as `write` does.
   */
  writeAll(value: Bytes, options: Options = {}): void {
    ask(() => this[raw].writeAll(bytes(value), rawOptions(options)));
  }

  /**
   * Write `length` bytes of a file from `offset` on, or up to its end, without moving them through this program, and answer
   * how many were written. The path is one of the `directories` granted in the manifest's `[program.NAME.allow]`, relative to it.
   *
   * Throws as `write` does, and `Denied`, `NotFound`, or `InvalidArgument` when it is no regular file.
   */
  sendFile(path: string, offset: number, length: number, options: Options = {}): number {
    const part = [u64('offset', offset), u64('length', length)] as const;
    return Number(ask(() => this[raw].sendFile(path, ...part, rawOptions(options))));
  }

  /**
   * End a direction: after `write` the peer reads the end of the stream; after `read` reads here answer it. What was written
   * before is still delivered. Never parks.
   *
   * Throws `NetworkError` when there is no connection any more.
   */
  shutdown(direction: 'read' | 'write' | 'both'): void {
    ask(() => this[raw].shutdown(direction));
  }

  /** Where this end is: an IP address with a port, or a path; empty for a Unix socket without a name. */
  localAddress(): string {
    return ask(() => this[raw].localAddress());
  }

  /** Where the other end is. */
  peerAddress(): string {
    return ask(() => this[raw].peerAddress());
  }

  /** How many bytes have gone through this handle: handed to this program, and handed to the operating system. */
  counts(): { read: number; written: number } {
    const { read, written } = this[raw].counts();
    return { read: Number(read), written: Number(written) };
  }

  /** Let this timeout or deadline hold for operations of this connection that give none. A priority is not used. */
  setTimeout(options: Options): void {
    this[raw].setTimeout(rawOptions(options).timeout);
  }

  /** How many seconds nothing at all may move while an operation of this connection waits; for ever with `Infinity`. */
  setIdleTimeout(timeout: number): void {
    ask(() => this[raw].setIdleTimeout(rawOptions({ timeout }).timeout));
  }

  /** That a read would not park, to `select` on: there are bytes, the end, or a failure. */
  reading(): Wait {
    return { subscribe: () => this[raw].subscribeRead() };
  }

  /** That a write would not park, to `select` on: there is room, or a failure. */
  writing(): Wait {
    return { subscribe: () => this[raw].subscribeWrite() };
  }

  /**
   * Another handle of the same connection, for instance to be given to another coroutine (`handover`). What was read ahead
   * stays with this handle: of those who share a connection, one reads.
   *
   * Throws `LimitReached` when the process has no more descriptors.
   */
  share(): this {
    return new (this.constructor as new (held: engine.Connection) => this)(ask(() => this[raw].share()));
  }
}

/**
 * Something that others connect to: a `TcpListener`, a `UnixListener`, or either of them. To close it ends the listening,
 * unless it is shared.
 */
export class Listener<C extends Connection = Connection> extends Handle<engine.Listener> {
  /** @internal */
  static readonly KIND: string = 'a listener';

  /** @internal What it makes of those who connect. */
  protected connection(held: engine.Connection): C {
    return new Connection(held) as C;
  }

  /**
   * Park until somebody connects, and answer the connection and the peer's address. When the process has no descriptor left,
   * it parks until there is one.
   *
   * Throws `OperationTimeout`, `Cancelled` or `NetworkError`.
   */
  accept(options: Options = {}): { connection: C; peer: string } {
    const [connection, peer] = ask(() => this[raw].accept(rawOptions(options)));
    return { connection: this.connection(connection), peer };
  }

  /**
   * Start `program` with `args` for each who connects, and give it the connection, for as long as the answered coroutine
   * lives. At most `most` of them live at a time, or as many as the engine has room for if that is zero; the others who
   * connect wait. To end the accept loop leaves those who were started alone. This handle is used up.
   *
   * Throws `Denied`, `UnknownProgram`, `LimitReached`, `Cancelled` or `InvalidArgument`.
   */
  serve(program: string, args: Bytes = '', most = 0): Coroutine {
    const given = [string('program', program), bytes(args), u32('most', most)] as const;
    return new Coroutine(ask(() => engine.Listener.serve(this[take](), ...given)));
  }

  /** Where it listens; with the port that was chosen when zero was asked for. */
  localAddress(): string {
    return ask(() => this[raw].localAddress());
  }

  /** Let this timeout or deadline hold for accepts that give none. A priority is not used. */
  setTimeout(options: Options): void {
    this[raw].setTimeout(rawOptions(options).timeout);
  }

  /** That there is somebody to accept, to `select` on. Of several who share the listener only one gets it. */
  accepting(): Wait {
    return { subscribe: () => this[raw].subscribe() };
  }

  /**
   * Another handle of the same listener. Each who connects is accepted by one of the handles.
   *
   * Throws `LimitReached` when the process has no more descriptors.
   */
  share(): this {
    return new (this.constructor as new (held: engine.Listener) => this)(ask(() => this[raw].share()));
  }
}

/** A connection that is being made. To close it gives the connection up. */
export class PendingConnect<C extends Connection> extends Handle<engine.PendingConnect> implements Wait {
  readonly #family: new (held: engine.Connection) => C;

  /** @internal */
  constructor(held: engine.PendingConnect, family: new (held: engine.Connection) => C) {
    super(held);
    this.#family = family;
  }

  /**
   * The connection, once: throws `NotReady` until it is decided, then answers or throws as `connect` would have, then throws
   * `InvalidArgument`. Never parks.
   */
  finish(): C {
    return new this.#family(ask(() => this[raw].finish()));
  }

  /** Park until it is decided, and answer or throw as `connect` would have. */
  wait(): C {
    blockOn(this);
    return this.finish();
  }

  subscribe(): ReturnType<Wait['subscribe']> {
    return this[raw].subscribe();
  }
}
