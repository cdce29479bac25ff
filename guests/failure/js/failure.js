import { Ended, Failed, args, coroutine } from 'cogen';

export function failure(message) {
  throw new Failed(message);
}

export function trap() {
  const notAFunction = 'text';
  notAFunction();
}

export function failureRead(program, scenario, message) {
  try {
    coroutine.call(program, args.join([scenario, message]));
  } catch (error) {
    if (!(error instanceof Ended)) throw error;
    return `${error.failure.program} ended as ${error.failure.ending}: ${error.failure.message}`;
  }
  throw new Failed(`${program} has not failed`);
}
