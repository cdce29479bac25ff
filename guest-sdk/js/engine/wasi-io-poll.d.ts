declare module 'wasi:io/poll@0.2.0' {
  /**
   * Park until at least one of the pollables is ready, and answer the positions of those that are. Traps when
   * the list is empty.
   */
  export function poll(in_: Array<Pollable>): Uint32Array;
  
  export class Pollable implements Disposable {
    /**
     * This type does not have a public constructor.
     */
    private constructor();
    /**
    * Whether it is ready. Never parks.
    */
    ready(): boolean;
    /**
    * Park until it is ready.
    */
    block(): void;
    [Symbol.dispose](): void;
  }
}
