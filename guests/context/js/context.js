import { NotFound, context, coroutine, text } from 'cogen';

export function contextHandDown(program) {
  context.set('colour', 'red');
  return coroutine.call(program, 'context-read');
}

export function contextRead() {
  try {
    return text(context.get('colour'));
  } catch (error) {
    if (!(error instanceof NotFound)) throw error;
    return 'none';
  }
}
