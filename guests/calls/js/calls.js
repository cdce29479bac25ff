import { args, coroutine, text } from 'cogen';

export function callsFoo(program) {
  console.log('foo');
  const eggs = text(coroutine.call(program, args.join(['calls-bar', 'ham'])));
  console.log(eggs);
  return eggs;
}

export function callsBar(param) {
  console.log('bar');
  return `spam, ${param} and eggs`;
}
