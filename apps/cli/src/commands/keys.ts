import type { Command } from 'commander'
import { addKeysList } from './keys/list.ts'
import { addKeysNew } from './keys/new.ts'
import { addKeysPassword } from './keys/password.ts'
import { addKeysRestore } from './keys/restore.ts'
import { addKeysRotate } from './keys/rotate.ts'
import { addKeysSeal } from './keys/seal.ts'
import { addKeysShow } from './keys/show.ts'

export function addKeys(program: Command): void {
  const keys = program.command('keys').description('make, show and protect the keys of a data directory')
  for (const add of [addKeysNew, addKeysList, addKeysShow, addKeysSeal, addKeysPassword, addKeysRotate, addKeysRestore]) add(keys)
}
