/** Give what one holds to a new coroutine. Whoever is given something needs no grant to use it. */

import * as engine from 'cogen:engine/handover@0.1.0';
import { type Bytes, bytes, kind, string } from './bytes.ts';
import { Coroutine } from './coroutine.ts';
import { CogenError, InvalidArgument, ask } from './error.ts';
import { raw, take as takeRaw } from './handle.ts';
import { Connection, Listener } from './net/connections.ts';
import { UdpSocket } from './net/udp.ts';
import { type Options, raw as rawOptions } from './options.ts';

/** Something that can be given away. What a connection had read ahead goes with it, and so do its timeouts. */
export type Thing = Connection | Listener | UdpSocket | Coroutine;

/**
 * As `coroutine.spawn`, and give `things` to the new coroutine, at most 64. Once the engine is
 * asked they are gone: when it refuses, they are closed.
 *
 * Throws as `coroutine.spawn` does, and `InvalidArgument` for too many things, for one that is closed, and for one that is there twice.
 */
export function spawn(program: string, args: Bytes, things: readonly Thing[], options: Options = {}): Coroutine {
  const [name, value, how] = [string('program', program), bytes(args), rawOptions(options)];
  return new Coroutine(ask(() => engine.spawn(name, value, given(things), how)));
}

/** What this coroutine was given when it was started, in order, without what was taken before. */
export function received(): Thing[] {
  return waiting().splice(0);
}

/**
 * The next thing that this coroutine was given, and that has not been taken yet: `take(TcpStream)`.
 *
 * Throws `CogenError` when there is none, or when it is another kind of thing: then it is still there.
 */
export function take<T extends Thing>(wanted: Given<T>): T {
  const thing = waiting()[0];
  if (thing === undefined) {
    throw new CogenError(`${wanted.KIND} was expected, but no more was given to this coroutine`);
  }
  if (kindOf(thing) !== wanted.KIND) {
    throw new CogenError(`${wanted.KIND} was expected, but ${kindOf(thing)} was given`);
  }
  waiting().shift();
  // Connections over TCP and Unix sockets are given as one kind: the class says what they are here.
  return new wanted(thing[takeRaw]() as never);
}

/** A class of things: `TcpStream`, `UnixListener`, `UdpSocket`, `Coroutine` and so on. */
export interface Given<T> {
  /** What it is called, with its article. */
  readonly KIND: string;
  /** @internal */
  new (held: never): T;
}

/** As the engine takes them, which from then on are no longer the giver's. Read after all else, which may throw. */
export function given(things: readonly Thing[]): engine.Thing[] {
  const kinds = things.map(kindOf);
  // Nothing is taken of whoever gives what cannot be given as a whole.
  things.forEach((thing) => thing[raw]);
  if (new Set(things).size < things.length) throw new InvalidArgument('a thing cannot be given twice');
  return things.map((thing, at) => ({ tag: TAGS[kinds[at]!], val: thing[takeRaw]() }) as engine.Thing);
}

/** What the engine calls the kinds of things. */
const TAGS: Record<string, engine.Thing['tag']> = {
  [Connection.KIND]: 'connection',
  [Listener.KIND]: 'listener',
  [UdpSocket.KIND]: 'udp-socket',
  [Coroutine.KIND]: 'coroutine',
};

function kindOf(thing: Thing): string {
  const { KIND } = (thing?.constructor ?? {}) as Partial<Given<Thing>>;
  if (KIND === undefined) throw new InvalidArgument(`${kind(thing)} cannot be given away`);
  return KIND;
}

/** What this coroutine was given and has not taken yet, once it has asked the engine. */
let notTaken: Thing[] | undefined;

function waiting(): Thing[] {
  notTaken ??= engine.received().map(thingOf);
  return notTaken;
}

function thingOf(thing: engine.Thing): Thing {
  switch (thing.tag) {
    case 'connection':
      return new Connection(thing.val);
    case 'listener':
      return new Listener(thing.val);
    case 'udp-socket':
      return new UdpSocket(thing.val);
    case 'coroutine':
      return new Coroutine(thing.val);
  }
}
