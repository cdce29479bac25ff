/// <reference path="./cogen-engine-types.d.ts" />
/// <reference path="./wasi-io-poll.d.ts" />
declare module 'cogen:engine/udp@0.1.0' {
  export type Pollable = import('wasi:io/poll@0.2.0').Pollable;
  export type Error = import('cogen:engine/types@0.1.0').Error;
  export type Options = import('cogen:engine/types@0.1.0').Options;
  export type Timeout = import('cogen:engine/types@0.1.0').Timeout;
  
  export class UdpSocket implements Disposable {
    /**
     * This type does not have a public constructor.
     */
    private constructor();
    /**
    * Bind to `address`, an IP address with a port; port zero lets the system choose one. Never parks.
    * 
    * Fails with `network`, `denied`, `invalid-argument` or `limit-reached`.
    */
    static bind(address: string): UdpSocket;
    /**
    * From now on `send` goes to this address, and only what comes from there is received. Never parks. Grant: as to send
    * there; fails with `network`, `denied` or `invalid-argument`.
    */
    connect(address: string): void;
    /**
    * Park until the system takes the datagram, of 65,507 bytes at most.
    * 
    * Fails with `timed-out`, `cancelled`, `network` (`refused`: nobody listens where an earlier one went), `denied`, or
    * `invalid-argument`.
    */
    sendTo(bytes: Uint8Array, address: string, options: Options): void;
    /**
    * As `send-to`, to the address that the socket is connected to.
    */
    send(bytes: Uint8Array, options: Options): void;
    /**
    * Park until a datagram comes; answer it and where it is from. Of one that is longer than `most` bytes the rest is lost.
    * 
    * Fails with `timed-out`, `cancelled` or `network`.
    */
    receiveFrom(most: number, options: Options): [Uint8Array, string];
    /**
    * As `receive-from`, without the address.
    */
    receive(most: number, options: Options): Uint8Array;
    /**
    * Where it is bound.
    */
    localAddress(): string;
    /**
    * Where it is connected to.
    */
    peerAddress(): string;
    /**
    * Whether datagrams may go to everybody on a network.
    */
    setBroadcast(on: boolean): void;
    /**
    * As `tcp.set-buffer-sizes`.
    */
    setBufferSizes(receive: number, send: number): void;
    /**
    * How long operations of this socket may take that give no timeout themselves.
    */
    setTimeout(timeout: Timeout): void;
    /**
    * A pollable that is ready when a receive would not park.
    */
    subscribeReceive(): Pollable;
    /**
    * A pollable that is ready when a send would not park.
    */
    subscribeSend(): Pollable;
    [Symbol.dispose](): void;
  }
}
