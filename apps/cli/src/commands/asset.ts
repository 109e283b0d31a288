import type { Command } from 'commander'
import { addAssetConsent } from './asset/consent.ts'
import { addAssetEnrol } from './asset/enrol.ts'
import { addAssetList } from './asset/list.ts'
import { addAssetShow } from './asset/show.ts'
import { addAssetTransfer } from './asset/transfer.ts'

export function addAsset(program: Command): void {
  const asset = program.command('asset').description('enter cars and other assets, show them, hand them to a new owner')
  for (const add of [addAssetEnrol, addAssetList, addAssetShow, addAssetTransfer, addAssetConsent]) add(asset)
}
