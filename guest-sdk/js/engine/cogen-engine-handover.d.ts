/// <reference path="./cogen-engine-connections.d.ts" />
/// <reference path="./cogen-engine-coroutines.d.ts" />
/// <reference path="./cogen-engine-types.d.ts" />
/// <reference path="./cogen-engine-udp.d.ts" />
declare module 'cogen:engine/handover@0.1.0' {
  /**
   * As `coroutines.spawn`, and give `things` to the new coroutine, which finds them in this order in `received`; at most 64.
   * The giver's handles are gone in any case: when this fails, the things are dropped. What a connection had read and not handed
   * out goes with it, and so do its timeouts.
   * 
   * Fails as `spawn` does, and with `invalid-argument` for too many things.
   */
  export function spawn(program: string, args: Uint8Array, things: Array<Thing>, options: Options): Coroutine;
  /**
   * What this coroutine was given when it was started, once: later it is empty.
   */
  export function received(): Array<Thing>;
  export type Error = import('cogen:engine/types@0.1.0').Error;
  export type Options = import('cogen:engine/types@0.1.0').Options;
  export type Coroutine = import('cogen:engine/coroutines@0.1.0').Coroutine;
  export type Connection = import('cogen:engine/connections@0.1.0').Connection;
  export type Listener = import('cogen:engine/connections@0.1.0').Listener;
  export type UdpSocket = import('cogen:engine/udp@0.1.0').UdpSocket;
  /**
   * Something that can be given away.
   */
  export type Thing = ThingConnection | ThingListener | ThingUdpSocket | ThingCoroutine;
  export interface ThingConnection {
    tag: 'connection',
    val: Connection,
  }
  export interface ThingListener {
    tag: 'listener',
    val: Listener,
  }
  export interface ThingUdpSocket {
    tag: 'udp-socket',
    val: UdpSocket,
  }
  export interface ThingCoroutine {
    tag: 'coroutine',
    val: Coroutine,
  }
}
