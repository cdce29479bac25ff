/** Why an operation did not succeed. */

import type {
  Ending,
  Error as EngineError,
  Failure,
  NetworkFailure,
  NetworkProblem,
} from 'cogen:engine/types@0.1.0';

export type { Ending, Failure, NetworkProblem };

/** What operations of this package throw: one of the classes below, or this one itself for anything else, in words. */
export class CogenError extends Error {
  override name = 'CogenError';
}

/** The time given was up. What the operation had registered is undone. */
export class OperationTimeout extends CogenError {
  override name = 'OperationTimeout';

  constructor(message = 'timed out') {
    super(message);
  }
}

/** This coroutine has been cancelled. From now on each of its waits throws this: clean up and return, or let it pass. */
export class Cancelled extends CogenError {
  override name = 'Cancelled';

  constructor(message = 'cancelled') {
    super(message);
  }
}

/** The other coroutine ended without a value. */
export class Ended extends CogenError {
  override name = 'Ended';
  /** How it ended: who it was, and its own message. */
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(inWords(failure));
    this.failure = failure;
  }
}

/** No program of that name may be run from here. */
export class UnknownProgram extends CogenError {
  override name = 'UnknownProgram';
  /** The name. */
  readonly program: string;

  constructor(program: string) {
    super(`there is no program \`${program}\``);
    this.program = program;
  }
}

/** An argument makes no sense; the message says which, and what is allowed. */
export class InvalidArgument extends CogenError {
  override name = 'InvalidArgument';

  constructor(text: string) {
    super(`invalid argument: ${text}`);
  }
}

/** A bound of the engine was met; the message names it, its number, and where to change it. */
export class LimitReached extends CogenError {
  override name = 'LimitReached';

  constructor(text: string) {
    super(`limit reached: ${text}`);
  }
}

/** There is no result to be had yet: `select` first. */
export class NotReady extends CogenError {
  override name = 'NotReady';

  constructor(message = 'not ready') {
    super(message);
  }
}

/** Nothing is kept under that name. */
export class NotFound extends CogenError {
  override name = 'NotFound';

  constructor(message = 'not found') {
    super(message);
  }
}

/** The network, or the machine's part of it, said no. */
export class NetworkError extends CogenError {
  override name = 'NetworkError';
  /** What sort of no it was. */
  readonly problem: NetworkProblem;

  constructor({ problem, message }: NetworkFailure) {
    super(message);
    this.problem = problem;
  }
}

/** This program was not granted that; the message says what is missing, and where to grant it. */
export class Denied extends CogenError {
  override name = 'Denied';

  constructor(text: string) {
    super(`denied: ${text}`);
  }
}

/** A line is longer than was allowed. What has come of it can be read. */
export class TooLong extends CogenError {
  override name = 'TooLong';

  constructor(message = 'the line is too long') {
    super(message);
  }
}

/** For a coroutine to throw: it ends as failed, and with this message alone. */
export class Failed extends CogenError {
  override name = 'Failed';
}

/** How a coroutine ended, in the words that an uncaught error passes on. */
export function inWords({ program, ending, message, backtrace }: Failure): string {
  const own = message === '' ? '' : `: ${message}`;
  // A caller that passes the error on says with it where it came from.
  const frames = backtrace === '' ? '' : `\n${backtrace.trimEnd()}`;
  return `\`${program}\` ${ENDINGS[ending]}${own}${frames}`;
}

const ENDINGS: Record<Ending, string> = {
  failed: 'failed',
  trapped: 'trapped',
  exceeded: 'exceeded a limit',
  cancelled: 'was cancelled',
  killed: 'was killed',
};

/** Do what asks the engine for something, and throw its errors as the classes above. */
export function ask<T>(operation: () => T): T {
  try {
    return operation();
  } catch (thrown) {
    throw isOfTheEngine(thrown) ? translated(thrown.payload) : thrown;
  }
}

/**
 * Whether this is how the bindings throw the error of a `result`; others are mistakes in what was passed to them. It is no
 * `Error` of this module's: the bindings have a global object, and with it classes, of their own.
 */
function isOfTheEngine(thrown: unknown): thrown is { payload: EngineError } {
  return isError(thrown) && 'payload' in thrown;
}

/** Whether this is an `Error` of whatever global object. */
export function isError(thrown: unknown): thrown is Error {
  return Object.prototype.toString.call(thrown) === '[object Error]';
}

function translated(error: EngineError): CogenError {
  switch (error.tag) {
    case 'timed-out':
      return new OperationTimeout();
    case 'cancelled':
      return new Cancelled();
    case 'ended':
      return new Ended(error.val);
    case 'unknown-program':
      return new UnknownProgram(error.val);
    case 'invalid-argument':
      return new InvalidArgument(error.val);
    case 'limit-reached':
      return new LimitReached(error.val);
    case 'not-ready':
      return new NotReady();
    case 'not-found':
      return new NotFound();
    case 'network':
      return new NetworkError(error.val);
    case 'denied':
      return new Denied(error.val);
    case 'too-long':
      return new TooLong();
    case 'other':
      return new CogenError(error.val);
  }
}
