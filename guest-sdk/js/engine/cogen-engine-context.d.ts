/// <reference path="./cogen-engine-types.d.ts" />
declare module 'cogen:engine/context@0.1.0' {
  /**
   * The value under `name`. Fails with `not-found`.
   */
  export function get(name: string): Uint8Array;
  /**
   * Set the value under `name`. Fails with `invalid-argument` or `limit-reached`.
   */
  export function set(name: string, value: Uint8Array): void;
  /**
   * Forget the value under `name`; that it was not there is no error.
   */
  export function remove(name: string): void;
  /**
   * The names that are set, in order.
   */
  export function names(): Array<string>;
  export type Error = import('cogen:engine/types@0.1.0').Error;
}
