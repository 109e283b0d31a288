import type { Command } from 'commander'
import { SETTINGS, resolveSettings } from '@telltale/node'

type Resolved = Awaited<ReturnType<typeof resolveSettings>>

/** The flags of a node's settings, in the order of their list. */
export function addSettings(command: Command): Command {
  for (const [name, { usual, help }] of Object.entries(SETTINGS)) {
    if (typeof usual === 'boolean') command.option(`--${name}`, help)
    else command.option(`--${name} <${typeof usual === 'number' ? 'count' : 'value'}>`, usual === '' ? help : `${help} (usually ${usual})`)
  }
  return command
}

/** What flags, variables and the directory's file say (the codes of `resolveSettings`). */
export async function settingsOf(command: Command, directory: string): Promise<Resolved> {
  const given = command.opts<Record<string, unknown>>()
  const flags = Object.fromEntries(Object.keys(SETTINGS).map((name) => [name, given[name.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())]]))
  return resolveSettings({ flags, environment: process.env, directory })
}
