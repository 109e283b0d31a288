/**
 * The password of the keys, between two commands of the menu: typed once, until somebody logs out. It stands in the memory of this process and nowhere else, and a command that
 * was typed on a command line keeps none.
 */
interface KeptPassword {
  /** What was typed last and may be tried; undefined where nothing is kept. */
  readonly password: string | undefined
  /** From now on what is typed is kept. */
  begin(): void
  /** Keeps it where that has begun. */
  keep(password: string): void
  /** It was the wrong one, or nobody is to use it any more. */
  forget(): void
}

function createKeptPassword(): KeptPassword {
  let isKeeping = false
  let kept: string | undefined
  return {
    get password() {
      return kept
    },
    begin() {
      isKeeping = true
    },
    keep(password) {
      if (isKeeping) kept = password
    },
    forget() {
      kept = undefined
    },
  }
}

/** One for the process: whichever command asks, it is the same person who answers. */
export const keptPassword = createKeptPassword()
