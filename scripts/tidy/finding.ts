/** A place that breaks a rule. `path` is relative to the root of the repository, `line` starts at 1. */
export interface Finding {
  rule: string
  path: string
  line: number
  message: string
}
