/// <reference path="./cogen-engine-types.d.ts" />
/// <reference path="./wasi-io-poll.d.ts" />
declare module 'cogen:engine/names@0.1.0' {
  /**
   * Park until the addresses of `name` are known, and answer them in the order in which to try them: IPv4 as `127.0.0.1`, IPv6
   * as `::1`. An address is its own answer. Lookups are made by a few threads of the host, and wait for one another when
   * there are many.
   * 
   * Fails with `network` (`name-unknown`), `timed-out`, `cancelled`, `denied`, `limit-reached` (too many lookups wait), or
   * `invalid-argument` for what is no name: at most 253 bytes of letters, digits, `-` and `_`, with dots between.
   */
  export function resolve(name: string, options: Options): Array<string>;
  /**
   * Begin to look a name up without parking. Fails as `resolve` does.
   */
  export function startResolve(name: string): PendingResolve;
  export type Pollable = import('wasi:io/poll@0.2.0').Pollable;
  export type Error = import('cogen:engine/types@0.1.0').Error;
  export type Options = import('cogen:engine/types@0.1.0').Options;
  
  export class PendingResolve implements Disposable {
    /**
     * This type does not have a public constructor.
     */
    private constructor();
    /**
    * A pollable that becomes ready when it is known. Drop it before the lookup.
    */
    subscribe(): Pollable;
    /**
    * The answer, once: `not-ready` until it is known, then what `resolve` would have answered, then `invalid-argument`.
    * Never parks.
    */
    finish(): Array<string>;
    [Symbol.dispose](): void;
  }
}
