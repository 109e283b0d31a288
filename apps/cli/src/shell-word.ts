/** An argument as a shell takes it for one, for commands that are shown to be typed. */
export function shellWord(argument: string): string {
  return /^[\w./:=-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", String.raw`'\''`)}'`
}
