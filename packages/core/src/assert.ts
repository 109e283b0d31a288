/** Stops on a bug of our own. Never used on foreign data: that gets a verdict or a coded error. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionFailure(message)
}

class AssertionFailure extends Error {
  constructor(message: string) {
    super(`Telltale broke one of its own rules: ${message}. Please report this.`)
    this.name = 'AssertionFailure'
  }
}
