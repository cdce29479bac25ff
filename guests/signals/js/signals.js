import { OperationTimeout, signal, text, time } from 'cogen';

export function signalsFoo() {
  for (const value of ['spam', 'ham', 'eggs']) {
    signal.signal('bar', value, { recipients: 1 });
  }
  time.sleep(3);
}

export function signalsBar() {
  for (let count = 0; count < 3; count += 1) {
    console.log(text(signal.wait('bar')));
  }
  try {
    console.log(text(signal.wait('bar', { timeout: 2 })));
  } catch (error) {
    if (!(error instanceof OperationTimeout)) throw error;
    console.log('No more stuff!');
  }
}
