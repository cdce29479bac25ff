// Uses what no other scenario does, and checks what comes of it.

import {
  CogenError,
  Ended,
  InvalidArgument,
  NetworkError,
  NotFound,
  NotReady,
  OperationTimeout,
  Scope,
  ScopeError,
  TooLong,
  UnknownProgram,
  args,
  context,
  coroutine,
  handover,
  json,
  net,
  sandbox,
  scope,
  select,
  signal,
  text,
  time,
} from 'cogen';

const words = (...words) => args.join(words);

/** Async, as an entry may be, so that a timer and a promise are tried, too. */
export async function surface(program) {
  await new Promise((done) => setTimeout(done, 1));
  values();
  clock();
  handles(program);
  calls(program);
  waits();
  scopes(program);
  sandboxes(program);
  streams(program);
  datagrams();
  return 'all well';
}

function values() {
  const split = (...words) => args.split(new TextEncoder().encode(args.join(words)));
  same(split('a', '', ''), ['a', '', '']);
  same(split(), []);
  same(split(''), ['']);
  throws(InvalidArgument, () => text(new Uint8Array([255])));
  throws(InvalidArgument, () => json.toBytes(undefined));
  throws(InvalidArgument, () => json.toBytes(1n));
  throws(InvalidArgument, () => json.fromBytes('{'));
  throws(InvalidArgument, () => context.set('number', 5));
  check(Math.random() !== Math.random() && crypto.randomUUID().length === 36);
}

function clock() {
  const began = time.now();
  time.sleep(0.01);
  time.sleepUntil(began + 0.02);
  time.yieldNow();
  check(time.now() >= began + 0.02);
  check(time.Sleep.until(began).deadline >= began);
  throws(InvalidArgument, () => time.sleep(-1));
  throws(InvalidArgument, () => time.sleep(NaN));
  throws(InvalidArgument, () => time.sleep('1'));
  throws(OperationTimeout, () => signal.wait('nobody', { deadline: began }));
  throws(InvalidArgument, () => signal.wait('nobody', { timeout: 1, deadline: began }));
}

function handles(program) {
  using me = coroutine.current();
  check(me.info().state === 'running' && me.info().program === program);
  throws(InvalidArgument, () => me.join());
  const child = coroutine.spawn(program, 'sleep-long', { priority: 'first' });
  {
    using shared = child.share();
    check(shared.info().id === child.info().id && shared.info().parent === me.info().id);
    shared.kill();
  }
  check(select(new time.Sleep(30), child) === child);
  check(child.outcome({ timeout: 0 }).failed.ending === 'killed');
  throws(Ended, () => child.join());
  child.close();
  child.close();
  throws(InvalidArgument, () => child.info());
  using square = coroutine.spawn(program, words('square', '9'));
  same(text(square.outcome().returned), '81');
}

function calls(program) {
  using call = coroutine.startCall(program, words('square', '12'));
  throws(NotReady, () => call.finish());
  same(text(call.wait()), '144');
  throws(InvalidArgument, () => call.finish());
  throws(OperationTimeout, () => coroutine.call(program, 'sleep-long', { timeout: 0.01 }));
  throws(UnknownProgram, () => coroutine.call('nobody'));
  throws(InvalidArgument, () => signal.signal(''));
  throws(InvalidArgument, () => select());
}

function waits() {
  using wait = signal.startWait('own');
  using pending = signal.startSignal('own', 'value', 1);
  same(pending.wait(), 1);
  same(text(wait.wait()), 'value');
  same(signal.signal('own'), 0);
  context.set('one', new Uint8Array([0, 255]));
  check(context.get('one') instanceof Uint8Array);
  same([...context.get('one')], [0, 255]);
  same(context.names(), ['one']);
  context.remove('one');
  throws(NotFound, () => context.get('one'));
}

function scopes(program) {
  const squares = scope((scope) => {
    const children = [1, 2, 3].map((number) => scope.spawn(program, words('square', String(number))));
    return children.map((child) => text(child.join()));
  });
  same(squares, ['1', '4', '9']);
  const failed = throws(ScopeError, () =>
    scope((scope) => {
      scope.spawn(program, 'sleep-long');
      scope.spawn(program, words('failure', 'no'));
    }),
  );
  same(failed.failures.map(({ message }) => message), ['no']);
  check(failed.more === 0 && failed.cause === undefined);
  throws(RangeError, () =>
    scope((scope) => {
      scope.spawn(program, 'sleep-long');
      throw new RangeError('the body is at fault');
    }),
  );
  throws(InvalidArgument, () => scope(async () => {}));
  using open = new Scope();
  using child = open.spawn(program, 'sleep-long');
  const nap = new time.Sleep(0.01);
  check(select(open, nap) === nap);
  throws(OperationTimeout, () => open.join({ timeout: 0 }));
  open.cancel();
  open.join();
  same(child.outcome().failed.ending, 'cancelled');
}

function sandboxes(program) {
  const square = words('square', '3');
  const bounds = { grants: [], limits: { memory: 2 ** 30 }, times: { 'cpu-time': 60 } };
  same(text(sandbox.call(program, square, bounds)), '9');
  using child = sandbox.spawn(program, square, { grants: 'within-mine' });
  same(text(child.join()), '9');
  const narrow = { grants: [{ connect: '127.0.0.1:*' }] };
  const refused = throws(Ended, () => sandbox.call(program, words('calls-foo', program), narrow));
  check(refused.failure.message.includes('call'));
  throws(InvalidArgument, () => sandbox.call(program, square, { grants: [{ call: '*', spawn: '*' }] }));
  throws(InvalidArgument, () => sandbox.call(program, square, { grants: 'own', limits: { nonsense: 1 } }));
}

function streams(program) {
  same(net.resolve('127.0.0.1'), ['127.0.0.1']);
  {
    using pending = net.startResolve('127.0.0.1');
    same(pending.wait(), ['127.0.0.1']);
  }
  using listener = net.TcpListener.listen('127.0.0.1:0', { backlog: 8 });
  const address = listener.localAddress();
  throws(OperationTimeout, () => listener.accept({ timeout: 0 }));
  {
    using pending = net.TcpStream.startConnect(address);
    const { connection, peer } = listener.accept({ timeout: 10 });
    using far = connection;
    using near = pending.wait();
    check(near instanceof net.TcpStream && far instanceof net.TcpStream);
    check(peer === near.localAddress() && near.peerAddress() === address && far.localAddress() === address);
    talk(near, far);
  }
  {
    using accepting = listener.share().serve(program, 'echo');
    using client = net.TcpStream.connect(address);
    client.writeAll('naïve\n');
    same(text(client.readExact(7)), 'naïve\n');
    accepting.cancel();
    accepting.outcome();
  }
  giveAway(program, listener, address);
  throws(NetworkError, () => net.TcpStream.connect(address));
}

function talk(near, far) {
  near.setNodelay(true);
  check(near.nodelay());
  near.setKeepAlive(60);
  near.setBufferSizes(2 ** 16, 2 ** 16);
  check(near.bufferSizes().receive > 0 && near.bufferSizes().send > 0);
  near.setTimeout({ timeout: 10 });
  near.setIdleTimeout(10);
  const ready = { reading: far.reading(), writing: near.writing() };
  check(select(ready.reading, ready.writing) === ready.writing);
  same(near.write('spam\nham'), 8);
  same(text(far.readLine(100)), 'spam\n');
  throws(OperationTimeout, () => far.readExact(4, { timeout: 0 }));
  throws(InvalidArgument, () => far.read(0));
  throws(InvalidArgument, () => far.read(2 ** 32));
  same(text(far.read(100)), 'ham');
  same(far.counts(), { read: 8, written: 0 });
  {
    using writer = far.share();
    writer.writeAll(new Uint8Array(20).fill(120));
  }
  throws(TooLong, () => near.readLine(10));
  throws(CogenError, () => near.sendFile('nowhere', 0, 1));
  near.shutdown('write');
  same(far.read(100).length, 0);
}

/** The listener is a coroutine's then, and ends with it. */
function giveAway(program, listener, address) {
  using child = handover.spawn(program, 'accept-one', [listener, coroutine.current()]);
  using client = net.TcpStream.connect(address);
  same(text(client.read(100)), 'accepted');
  same(child.join().length, 0);
  throws(InvalidArgument, () => listener.accept());
  throws(InvalidArgument, () => handover.spawn(program, '', ['text']));
}

export function acceptOne() {
  throws(CogenError, () => handover.take(net.UdpSocket));
  using listener = handover.take(net.TcpListener);
  using connection = listener.accept().connection;
  connection.writeAll('accepted');
  const [giver, ...more] = handover.received();
  check(giver instanceof coroutine.Coroutine && more.length === 0);
  giver.close();
  throws(CogenError, () => handover.take(coroutine.Coroutine));
}

function datagrams() {
  using one = net.UdpSocket.bind('127.0.0.1:0');
  using other = net.UdpSocket.bind('127.0.0.1:0');
  for (const socket of [one, other]) socket.setTimeout({ timeout: 10 });
  one.setBufferSizes(2 ** 16, 2 ** 16);
  one.setBroadcast(false);
  one.sendTo('spam', other.localAddress());
  const ready = other.receiving();
  check(select(ready) === ready);
  const { bytes, from } = other.receiveFrom(100);
  check(text(bytes) === 'spam' && from === one.localAddress());
  other.connect(one.localAddress());
  same(other.peerAddress(), one.localAddress());
  select(other.sending());
  other.send('ham');
  same(text(one.receive(2)), 'ha');
}

function check(holds) {
  if (!holds) throw new Error('this does not hold');
}

function same(found, expected) {
  const [is, should] = [found, expected].map((value) => JSON.stringify(value));
  if (is !== should) throw new Error(`${is} should be ${should}`);
}

/** What an attempt throws, which must be of this class. */
function throws(kind, attempt) {
  try {
    attempt();
  } catch (error) {
    if (error instanceof kind) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
