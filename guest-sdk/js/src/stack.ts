/** Stacks in terms of the files that the user has written. */

/** Where the lines of the bundle come from, as `build.js` puts it behind them. */
export interface Origins {
  files: string[];
  /** For each line of the bundle the number of its file and the line there; none for lines of this package. */
  lines: (readonly [file: number, line: number] | null)[];
}

/** How `build.js` calls it: the text of its JSON, which is read when a stack is to be told. */
const NAME = '__cogen_origins';

/** A frame as SpiderMonkey writes it: `function@file:line:column`, in which the function may have none. */
const FRAME = /^(.*)@.*\.bundle\.js:(\d+):\d+$/;

/** The frames of an error that are in the user's files, innermost first. */
export function frames(error: Error): string[] {
  const written = (globalThis as { [NAME]?: string })[NAME];
  const { files, lines }: Origins = written === undefined ? { files: [], lines: [] } : JSON.parse(written);
  return (error.stack ?? '').split('\n').flatMap((line) => {
    const [, name, number] = FRAME.exec(line) ?? [];
    const origin = lines[Number(number) - 1];
    return origin ? [`    at ${name || '<anonymous>'} (${files[origin[0]]}:${origin[1]})`] : [];
  });
}
