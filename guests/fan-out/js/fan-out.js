import { args, coroutine, text } from 'cogen';

export function fanOut(program, count) {
  const squares = Array.from({ length: Number(count) }, (_, before) =>
    coroutine.spawn(program, args.join(['square', String(before + 1)])),
  );
  const sum = squares.reduce((sum, square) => sum + Number(text(square.join())), 0);
  return String(sum);
}

export function square(number) {
  return String(Number(number) ** 2);
}
