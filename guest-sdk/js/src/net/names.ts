/** The addresses behind names, as the machine that the engine runs on knows them. */

import * as engine from 'cogen:engine/names@0.1.0';
import { ask } from '../error.ts';
import { Handle, raw } from '../handle.ts';
import { type Options, raw as rawOptions } from '../options.ts';
import { type Wait, blockOn } from '../select.ts';

/**
 * Park until the addresses of `name` are known, and answer them in the order in which to try them. An address is its own
 * answer. (To connect needs no lookup: `TcpStream.connect` takes names.)
 *
 * Throws `NetworkError` (`name-unknown`), `OperationTimeout`, `Cancelled`, `Denied`, `LimitReached` (too many lookups wait) or
 * `InvalidArgument`.
 */
export function resolve(name: string, options: Options = {}): string[] {
  return ask(() => engine.resolve(name, rawOptions(options)));
}

/** Begin to look a name up without parking. Throws as `resolve` does. */
export function startResolve(name: string): PendingResolve {
  return new PendingResolve(ask(() => engine.startResolve(name)));
}

/** A name that is being looked up. To close it forgets the answer. */
export class PendingResolve extends Handle<engine.PendingResolve> implements Wait {
  /** The answer, once: throws `NotReady` until it is known, then answers or throws as `resolve` would have. Never parks. */
  finish(): string[] {
    return ask(() => this[raw].finish());
  }

  /** Park until it is known, and answer or throw as `resolve` would have. */
  wait(): string[] {
    blockOn(this);
    return this.finish();
  }

  subscribe(): ReturnType<Wait['subscribe']> {
    return this[raw].subscribe();
  }
}
