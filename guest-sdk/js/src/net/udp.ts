/** Datagrams. Addresses are IP addresses with a port, such as `127.0.0.1:53`. */

import * as engine from 'cogen:engine/udp@0.1.0';
import { type Bytes, askBytes, bytes, own } from '../bytes.ts';
import { ask } from '../error.ts';
import { Handle, raw } from '../handle.ts';
import { type Options, raw as rawOptions, u32 } from '../options.ts';
import type { Wait } from '../select.ts';

/** A socket that sends and receives datagrams: each goes whole, or is lost. */
export class UdpSocket extends Handle<engine.UdpSocket> {
  /** @internal */
  static readonly KIND: string = 'a UDP socket';

  /**
   * Bind to `address`; port zero lets the system choose one. Never parks.
   *
   * Throws `NetworkError`, `Denied`, `InvalidArgument` or `LimitReached`.
   */
  static override bind(address: string): UdpSocket {
    return new UdpSocket(ask(() => engine.UdpSocket.bind(address)));
  }

  /** From now on `send` goes to this address, and only what comes from there is received. Never parks. */
  connect(address: string): void {
    ask(() => this[raw].connect(address));
  }

  /**
   * Park until the system takes the datagram, of 65,507 bytes at most.
   *
   * Throws `OperationTimeout`, `Cancelled`, `NetworkError` (`refused`: nobody listens where an earlier one went), `Denied`, or
   * `InvalidArgument`.
   */
  sendTo(value: Bytes, address: string, options: Options = {}): void {
    ask(() => this[raw].sendTo(bytes(value), address, rawOptions(options)));
  }

  /** As `sendTo`, to the address that the socket is connected to. */
  send(value: Bytes, options: Options = {}): void {
    ask(() => this[raw].send(bytes(value), rawOptions(options)));
  }

  /**
   * Park until a datagram comes; answer it and where it is from. Of one that is longer than `most` bytes the rest is lost.
   *
   * Throws `OperationTimeout`, `Cancelled` or `NetworkError`.
   */
  receiveFrom(most: number, options: Options = {}): { bytes: Uint8Array; from: string } {
    const [received, from] = ask(() => this[raw].receiveFrom(u32('most', most), rawOptions(options)));
    return { bytes: own(received), from };
  }

  /** As `receiveFrom`, without the address. */
  receive(most: number, options: Options = {}): Uint8Array {
    return askBytes(() => this[raw].receive(u32('most', most), rawOptions(options)));
  }

  /** Where it is bound. */
  localAddress(): string {
    return ask(() => this[raw].localAddress());
  }

  /** Where it is connected to. */
  peerAddress(): string {
    return ask(() => this[raw].peerAddress());
  }

  /** Whether datagrams may go to everybody on a network. */
  setBroadcast(on: boolean): void {
    ask(() => this[raw].setBroadcast(on));
  }

  /** Ask for other sizes of what the system keeps in each direction. It may give others; zero leaves one as it is. */
  setBufferSizes(receive: number, send: number): void {
    ask(() => this[raw].setBufferSizes(u32('receive', receive), u32('send', send)));
  }

  /** Let this timeout or deadline hold for operations of this socket that give none. A priority is not used. */
  setTimeout(options: Options): void {
    this[raw].setTimeout(rawOptions(options).timeout);
  }

  /** That a receive would not park, to `select` on. */
  receiving(): Wait {
    return { subscribe: () => this[raw].subscribeReceive() };
  }

  /** That a send would not park, to `select` on. */
  sending(): Wait {
    return { subscribe: () => this[raw].subscribeSend() };
  }
}
