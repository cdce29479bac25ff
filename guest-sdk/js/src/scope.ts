/** Start coroutines that end with a scope, and hear of all that went wrong in it. */

import * as engine from 'cogen:engine/scopes@0.1.0';
import { type Bytes, bytes, string } from './bytes.ts';
import { Coroutine } from './coroutine.ts';
import { CogenError, type Failure, InvalidArgument, ask, inWords, isError } from './error.ts';
import { type Thing, given } from './handover.ts';
import { Handle, raw } from './handle.ts';
import { type Options, raw as rawOptions } from './options.ts';
import type { Wait } from './select.ts';

/**
 * Run `body`, wait until all children that it has started in the scope have ended, and answer what the body did.
 *
 * The first child that ends without a value cancels the others, and so does an error of the body; no child outlives its scope.
 * But what a child has started outside of a scope of its own is not the scope's. Whoever is in the body is not disturbed by
 * the failure of a child: wait for the children there, or `select` on the scope.
 *
 * ```js
 * // Fetches both halves at once. If one fails, the other is cancelled; neither goes on when this function is over.
 * const both = () => scope((scope) => {
 *   const [left, right] = [scope.spawn('fetch', 'left'), scope.spawn('fetch', 'right')];
 *   return [left.join(), right.join()];
 * });
 * ```
 *
 * The options say how long to wait for the children at the end; when that time is up they are killed. Throws what the body
 * throws, and `ScopeError` when children failed, too. When this coroutine is cancelled, so are they, and they are given the
 * time to end.
 */
export function scope<T>(body: (scope: Scope) => T, options: Options = {}): T {
  using scope = new Scope();
  const [value, error] = attempt(() => blocking(body(scope)));
  if (error !== undefined) scope.cancel();
  const [, end] = attempt(() => scope.join(options));
  if (error === undefined) {
    if (end !== undefined) throw end.thrown;
    return value as T;
  }
  // What the body says comes first: it may be why there was no time, or nobody to wait.
  throw end?.thrown instanceof ScopeError ? new ScopeError(end.thrown.failures, end.thrown.more, error) : error.thrown;
}

/** What was answered, or what was thrown, which may be anything. */
function attempt<T>(act: () => T): [value: T | undefined, error?: { thrown: unknown }] {
  try {
    return [act()];
  } catch (thrown) {
    return [undefined, { thrown }];
  }
}

/** A promise would be kept only after the scope is over. */
function blocking<T>(value: T): T {
  if (value instanceof Promise) throw new InvalidArgument('the body of a scope cannot be async');
  return value;
}

/** Coroutines that end together. To close it kills those that have not ended. */
export class Scope extends Handle<engine.Scope> implements Wait {
  /** A scope without a function around it, for those whose life is not that of a block. */
  constructor() {
    super(new engine.Scope());
  }

  /**
   * Start a coroutine that runs `program` with `args` as a child of this scope, and answer its handle. It is given `things` as
   * `handover.spawn` does.
   *
   * When a child has failed already, nothing is started any more, and this throws `Ended`; after `cancel`, `InvalidArgument`. It
   * throws as `coroutine.spawn` does otherwise.
   */
  spawn(program: string, args: Bytes = '', options: Options & { things?: readonly Thing[] } = {}): Coroutine {
    const [name, value, how] = [string('program', program), bytes(args), rawOptions(options)];
    return new Coroutine(ask(() => this[raw].spawn(name, value, given(options.things ?? []), how)));
  }

  /**
   * Park until all children have ended. It may be asked again, also after further children were started.
   *
   * Throws `ScopeError` when a child ended without a value; `OperationTimeout`, after which the children go on; or `Cancelled`:
   * then the children have been cancelled, too, and have ended.
   */
  join(options: Options = {}): void {
    const { first, more } = ask(() => this[raw].join(rawOptions(options)));
    if (first.length > 0) throw new ScopeError(first, Number(more));
  }

  /** Cancel all children, as a failure of one of them does. Never parks. */
  cancel(): void {
    this[raw].cancel();
  }

  subscribe(): ReturnType<Wait['subscribe']> {
    return this[raw].subscribe();
  }
}

/** What went wrong in a scope: among the children, and in the body, too, if that is the `cause`. */
export class ScopeError extends CogenError {
  override name = 'ScopeError';
  /**
   * The children that ended without a value, in the order of their ends: the first 100. Those that were cancelled with the
   * scope, and gave up, are not among them.
   */
  readonly failures: readonly Failure[];
  /** How many more there were. */
  readonly more: number;

  /** @internal */
  constructor(failures: readonly Failure[], more: number, error?: { thrown: unknown }) {
    const body = error === undefined ? [] : [isError(error.thrown) ? error.thrown.message : String(error.thrown)];
    const rest = more > 0 ? [`and ${more} more`] : [];
    super([...body, ...failures.map(inWords), ...rest].join('; '), error === undefined ? {} : { cause: error.thrown });
    this.failures = failures;
    this.more = more;
  }
}
