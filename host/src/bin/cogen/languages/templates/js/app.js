import { OperationTimeout, signal, text } from 'cogen';

export default function run(args) {
  const name = text(args);
  try {
    signal.wait('bell', { timeout: 0.5 }); // parks this coroutine, and nobody else
  } catch (error) {
    if (!(error instanceof OperationTimeout)) throw error;
    console.log('nobody rang');
  }
  console.log(`hello ${name}`);
  return name;
}
