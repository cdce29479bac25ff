import { args, coroutine, json, text } from 'cogen';

export function payload(program) {
  const person = { name: 'Ada', age: 36, tags: ['x', 'y'], nested: { pi: 3.25, none: null, yes: true } };
  return coroutine.call(program, args.join(['payload-read', text(json.toBytes(person))]));
}

export function payloadRead(written) {
  const { name, age, tags, nested } = json.fromBytes(written);
  const [none, yes] = [nested.none === null ? 'none' : nested.none, nested.yes === true ? 'yes' : nested.yes];
  return `${name} ${age} ${tags.join(',')} ${nested.pi} ${none} ${yes}`;
}
