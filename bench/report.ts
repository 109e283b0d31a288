/** One figure: what was measured, in which unit, and how it compares with a ceiling of the same run or with its budget. */
export interface Figure {
  name: string
  value: number
  unit: string
  /** value / ceiling, where there is one. */
  ratio?: number
  /** What the design allows or asks for, in words. */
  budget?: string
  isWithinBudget?: boolean
}

export function printFigures(figures: Figure[]): void {
  for (const { name, value, unit, ratio, budget, isWithinBudget } of figures) {
    const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2
    const shown = `${value.toLocaleString('en', { maximumFractionDigits: digits })} ${unit}`
    const compared = ratio === undefined ? '' : `  ratio ${ratio.toFixed(2)}`
    const judged = budget === undefined ? '' : `  (budget ${budget}${isWithinBudget === undefined ? '' : isWithinBudget ? ': met' : ': missed'})`
    console.log(`${name.padEnd(46)} ${shown.padStart(18)}${compared}${judged}`)
  }
}

/** The value that a share of all lie below. */
export function at(sorted: number[], share: number): number {
  return sorted[Math.floor(sorted.length * share)] as number
}
