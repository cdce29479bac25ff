export function hello(name) {
  const greeting = `hello ${name}`;
  console.log(greeting);
  return greeting;
}
