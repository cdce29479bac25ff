/** What holds something of the engine's until it is closed. */

import { InvalidArgument } from './error.ts';

/** How other modules of this package reach what a handle holds. */
export const raw: unique symbol = Symbol('raw');

/** How they take it away, to give it to somebody else. */
export const take: unique symbol = Symbol('take');

/** A handle. It closes itself at the end of the block if it is declared with `using`. */
export abstract class Handle<Raw extends Disposable> implements Disposable {
  #held: Raw | undefined;

  /** @internal Handles come from the functions of this package. */
  constructor(held: Raw) {
    this.#held = held;
  }

  /** Let go of what it holds. To close it again does nothing; all else throws `InvalidArgument` from now on. */
  close(): void {
    this.#held?.[Symbol.dispose]();
    this.#held = undefined;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** @internal */
  get [raw](): Raw {
    if (this.#held === undefined) throw new InvalidArgument('the handle was closed or given away');
    return this.#held;
  }

  /** @internal */
  [take](): Raw {
    const held = this[raw];
    this.#held = undefined;
    return held;
  }
}
