import { Cancelled, Failed, OperationTimeout, coroutine, time } from 'cogen';

export function cancel(program) {
  using sleeper = coroutine.spawn(program, 'sleep-long');
  try {
    sleeper.join({ timeout: 1 });
    throw new Failed(`${program} has not slept`);
  } catch (error) {
    if (!(error instanceof OperationTimeout)) throw error;
    console.log('timed out');
  }
  sleeper.cancel();
  const ending = sleeper.outcome().failed?.ending ?? 'returned';
  console.log(ending);
  return ending;
}

export function sleepLong() {
  try {
    time.sleep(3600);
  } catch (error) {
    if (error instanceof Cancelled) console.log('cleaning up');
    throw error;
  }
}
