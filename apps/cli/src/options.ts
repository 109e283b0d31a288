import { Option } from 'commander'
import { ALGORITHMS } from '@telltale/core'
import { createOutput } from './output.ts'
import type { Output } from './output.ts'

/** Options that every command takes. */
export interface GlobalOptions {
  data: string
  json?: boolean
  quiet?: boolean
  yes?: boolean
}

export function outputOf(options: GlobalOptions): Output {
  return createOutput({ isJson: options.json === true, isQuiet: options.quiet === true })
}

export function algorithmOption(): Option {
  return new Option('--algorithm <name>', 'algorithm of new keys').choices(ALGORITHMS).default('EdDSA')
}
