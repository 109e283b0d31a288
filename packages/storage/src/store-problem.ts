/** A place of a store that is not as it should be. */
export interface StoreProblem {
  /** Kebab-case, as errors have them. */
  code: string
  /** Path in the store's directory. */
  file: string
  /** Where the bytes begin, and how many; 0 and 0 where a whole file or a row is meant. */
  offset: number
  length: number
  /** What lies there: `frame 12`, `attachment 9f86...`, `row 73...`. */
  what: string
  expected: string
  found: string
}

/** Gathers problems; beyond a number they are counted only, so that a ruined store does not fill the memory. */
export interface ProblemList {
  readonly problems: StoreProblem[]
  readonly count: number
  add(problem: StoreProblem): void
}

export function createProblemList(): ProblemList {
  const problems: StoreProblem[] = []
  let count = 0
  return {
    problems,
    get count() {
      return count
    },
    add: (problem) => {
      count += 1
      if (problems.length < PROBLEMS_MAX) problems.push(problem)
    },
  }
}

const PROBLEMS_MAX = 10_000
