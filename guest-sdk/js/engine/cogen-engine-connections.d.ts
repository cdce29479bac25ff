/// <reference path="./cogen-engine-coroutines.d.ts" />
/// <reference path="./cogen-engine-types.d.ts" />
/// <reference path="./wasi-io-poll.d.ts" />
declare module 'cogen:engine/connections@0.1.0' {
  export type Pollable = import('wasi:io/poll@0.2.0').Pollable;
  export type Error = import('cogen:engine/types@0.1.0').Error;
  export type Options = import('cogen:engine/types@0.1.0').Options;
  export type Timeout = import('cogen:engine/types@0.1.0').Timeout;
  export type Coroutine = import('cogen:engine/coroutines@0.1.0').Coroutine;
  /**
   * A direction of a stream, as its holder sees it.
   * # Variants
   * 
   * ## `"read"`
   * 
   * ## `"write"`
   * 
   * ## `"both"`
   */
  export type Direction = 'read' | 'write' | 'both';
  /**
   * How many bytes have gone through a handle.
   */
  export interface Counts {
    /**
     * Handed to the guest.
     */
    read: bigint,
    /**
     * Handed to the operating system. After a write that failed this tells how much of it went.
     */
    written: bigint,
  }
  
  export class Connection implements Disposable {
    /**
     * This type does not have a public constructor.
     */
    private constructor();
    /**
    * Park until there is something to read, and answer at most `most` bytes of it, 256 KiB in any case. An empty list is
    * the end of the stream.
    * 
    * Fails with `timed-out`, `cancelled`, `network`, or `invalid-argument` when `most` is zero.
    */
    read(most: number, options: Options): Uint8Array;
    /**
    * Park until `length` bytes are there, and answer them: at most 16 MiB. Fewer mean that the stream has ended. When the
    * time is up before, what has come is kept, and can be read.
    * 
    * Fails as `read` does, and with `limit-reached` when too many payloads are kept in the engine.
    */
    readExact(length: number, options: Options): Uint8Array;
    /**
    * Park until a line is there, and answer it with its newline (byte 10). A line without one is the last of the stream; an
    * empty list is its end. `most` bounds the line with its newline, 1 MiB at most.
    * 
    * Fails as `read-exact` does, and with `too-long`: then what has come is kept, and can be read.
    */
    readLine(most: number, options: Options): Uint8Array;
    /**
    * Park until the system takes some of `bytes`, and answer how many it took. None are taken of an empty list.
    * 
    * Fails with `timed-out`, `cancelled`, `network`, or `invalid-argument` for more than 16 MiB.
    */
    write(bytes: Uint8Array, options: Options): number;
    /**
    * Park until the system has taken all of `bytes`, at most 16 MiB. After a failure `counts` tells how many it took.
    * 
    * Fails as `write` does.
    */
    writeAll(bytes: Uint8Array, options: Options): void;
    /**
    * Write `length` bytes of a file from `offset` on, or up to its end, without moving them through the guest; answer how
    * many were written. The path is one of a directory granted to this program (`directories` in its
    * `[program.NAME.allow]`), relative to it, and never leads out of it.
    * 
    * Fails as `write` does, and with `denied`, `not-found`, or `invalid-argument` when it is no regular file.
    */
    sendFile(path: string, offset: bigint, length: bigint, options: Options): bigint;
    /**
    * End a direction: after `write` the peer reads the end of the stream; after `read` reads here answer it. What was
    * written before is still delivered. Never parks.
    * 
    * Fails with `network` when there is no connection any more.
    */
    shutdown(direction: Direction): void;
    /**
    * Where this end is: `127.0.0.1:80`, `[::1]:80`, or a path; empty for a Unix socket without a name.
    */
    localAddress(): string;
    /**
    * Where the other end is.
    */
    peerAddress(): string;
    /**
    * How many bytes have gone through this handle.
    */
    counts(): Counts;
    /**
    * How long operations of this connection may take that give no timeout themselves.
    */
    setTimeout(timeout: Timeout): void;
    /**
    * How long nothing at all may move while an operation of this connection waits. `default` and `never` mean for ever, and
    * `by` is refused with `invalid-argument`.
    */
    setIdleTimeout(timeout: Timeout): void;
    /**
    * A pollable that is ready when a read would not park: there are bytes, the end, or a failure.
    */
    subscribeRead(): Pollable;
    /**
    * A pollable that is ready when a write would not park: there is room, or a failure.
    */
    subscribeWrite(): Pollable;
    /**
    * Another handle of the same connection, for instance to be given to another coroutine. What this handle has read from the
    * system and not handed out stays with it: of those who share a connection, one reads.
    * 
    * Fails with `limit-reached` when the process has no more descriptors.
    */
    share(): Connection;
    [Symbol.dispose](): void;
  }
  
  export class Listener implements Disposable {
    /**
     * This type does not have a public constructor.
     */
    private constructor();
    /**
    * Park until somebody connects; answer the connection and the peer's address. When the process has no descriptor left, it
    * parks until there is one: nobody who connects is turned away meanwhile.
    * 
    * Fails with `timed-out`, `cancelled` or `network`.
    */
    accept(options: Options): [Connection, string];
    /**
    * Where it listens; with the port that was chosen when zero was asked for.
    */
    localAddress(): string;
    /**
    * How long accepts may take that give no timeout themselves.
    */
    setTimeout(timeout: Timeout): void;
    /**
    * A pollable that is ready when there is somebody to accept. Of several who share the listener only one gets it.
    */
    subscribe(): Pollable;
    /**
    * Another handle of the same listener. Each who connects is accepted by one of the handles.
    * 
    * Fails with `limit-reached` when the process has no more descriptors.
    */
    share(): Listener;
    /**
    * Accept for as long as the answered coroutine lives, and start `program` with `args` for each connection, which is given
    * to it (`handover.received`). At most `most` of them live at a time, or as many as the engine has room for if that is
    * zero; the others who connect wait. The engine chooses a worker for each. A cancelled or killed accept loop leaves
    * those who were started alone. This handle is used up.
    * 
    * Grant: `spawn` for `program`, as of `coroutines.spawn`. Fails with `denied`, `unknown-program`, `limit-reached`, `cancelled`, or
    * `invalid-argument` when `args` is larger than 16 MiB.
    */
    static serve(listener: Listener, program: string, args: Uint8Array, most: number): Coroutine;
    [Symbol.dispose](): void;
  }
  
  export class PendingConnect implements Disposable {
    /**
     * This type does not have a public constructor.
     */
    private constructor();
    /**
    * A pollable that becomes ready when it is decided. Drop it before this.
    */
    subscribe(): Pollable;
    /**
    * The connection, once: `not-ready` until it is decided, then what `connect` would have answered, then `invalid-argument`.
    * Never parks.
    */
    finish(): Connection;
    [Symbol.dispose](): void;
  }
}
