/// <reference path="./cogen-engine-coroutines.d.ts" />
/// <reference path="./cogen-engine-handover.d.ts" />
/// <reference path="./cogen-engine-types.d.ts" />
declare module 'cogen:engine/sandbox@0.1.0' {
  /**
   * As `handover.spawn`, within bounds.
   * 
   * Fails as `handover.spawn` does, with `invalid-argument` for a grant or a limit that is none, and with `limit-reached` when
   * grants have been narrowed 16 times above one another.
   */
  export function spawn(program: string, args: Uint8Array, things: Array<Thing>, bounds: Bounds, options: Options): Coroutine;
  /**
   * As `coroutines.call`, within bounds. Fails as `coroutines.call` and `spawn` do.
   */
  export function call(program: string, args: Uint8Array, bounds: Bounds, options: Options): Uint8Array;
  export type Error = import('cogen:engine/types@0.1.0').Error;
  export type Options = import('cogen:engine/types@0.1.0').Options;
  export type Coroutine = import('cogen:engine/coroutines@0.1.0').Coroutine;
  export type Thing = import('cogen:engine/handover@0.1.0').Thing;
  /**
   * One thing that is left to a coroutine, as a rule of `[program.NAME.allow]` has it.
   */
  export type Grant = GrantConnect | GrantListen | GrantUdp | GrantUdpBind | GrantResolve | GrantDirectory | GrantEnvironment | GrantSpawn | GrantCall | GrantCancel | GrantSend | GrantWait;
  /**
   * To connect there: `host:ports`, or `unix:path`.
   */
  export interface GrantConnect {
    tag: 'connect',
    val: string,
  }
  /**
   * To listen there: `address:ports`, or `unix:path`.
   */
  export interface GrantListen {
    tag: 'listen',
    val: string,
  }
  /**
   * To send datagrams there: `host:ports`.
   */
  export interface GrantUdp {
    tag: 'udp',
    val: string,
  }
  /**
   * To bind a socket for datagrams there: `address:ports`.
   */
  export interface GrantUdpBind {
    tag: 'udp-bind',
    val: string,
  }
  /**
   * To look up names.
   */
  export interface GrantResolve {
    tag: 'resolve',
    val: string,
  }
  /**
   * To use the directory that its program is granted under this name.
   */
  export interface GrantDirectory {
    tag: 'directory',
    val: string,
  }
  /**
   * To see the variable of the environment that its program is granted under this name.
   */
  export interface GrantEnvironment {
    tag: 'environment',
    val: string,
  }
  /**
   * To start coroutines of these programs; `*` stands for any run of characters, here and in all that follow.
   */
  export interface GrantSpawn {
    tag: 'spawn',
    val: string,
  }
  /**
   * To call these programs.
   */
  export interface GrantCall {
    tag: 'call',
    val: string,
  }
  /**
   * To cancel and kill coroutines of these programs that it has not started.
   */
  export interface GrantCancel {
    tag: 'cancel',
    val: string,
  }
  /**
   * To send these signals.
   */
  export interface GrantSend {
    tag: 'send',
    val: string,
  }
  /**
   * To wait for these signals.
   */
  export interface GrantWait {
    tag: 'wait',
    val: string,
  }
  /**
   * What is left to a coroutine of that which its program is granted.
   */
  export type Grants = GrantsOwn | GrantsWithinMine | GrantsOnly;
  /**
   * All of it.
   */
  export interface GrantsOwn {
    tag: 'own',
  }
  /**
   * What the one that starts it may do itself. A directory is left if it is, or is within, one of the starter's, and can
   * be written if that can; a variable of the environment if the starter sees one of that name.
   */
  export interface GrantsWithinMine {
    tag: 'within-mine',
  }
  /**
   * This, and nothing else; at most 64.
   */
  export interface GrantsOnly {
    tag: 'only',
    val: Array<Grant>,
  }
  /**
   * A limit, as `[program.NAME.limits]` has it.
   */
  export interface Limit {
    /**
     * Its key there: one of those that hold for each coroutine.
     */
    key: string,
    /**
     * The most, in its unit: bytes, nanoseconds, or a number.
     */
    most: bigint,
  }
  /**
   * What is left to a coroutine.
   */
  export interface Bounds {
    grants: Grants,
    /**
     * Limits that hold for it, and for each of those below it, if they are less than their own.
     */
    limits: Array<Limit>,
  }
}
