import type { AssetProfile, Place } from '@telltale/node'
import { UsageError } from '../../failure.ts'

/** The asset that --asset names, or the only one (`asset-needed`). */
export function chooseAsset({ profile: { assets } }: Pick<Place, 'profile'>, named: string | undefined): AssetProfile {
  const found = named === undefined ? assets : assets.filter((asset) => asset.id === named)
  const [asset] = found
  if (asset && found.length === 1) return asset
  const known = assets.map((item) => `${item.id}${attributesText(item) === '' ? '' : ` (${attributesText(item)})`}`).join(', ')
  if (assets.length === 0) throw new UsageError('asset-needed', 'There is no asset yet. Make one with `telltale asset enrol`, or import a log.', { expected: 'an asset', found: 'none' })
  throw new UsageError('asset-needed', named === undefined ? 'There are several assets; choose one with --asset.' : `There is no asset ${named} in this directory; choose one with --asset.`, { expected: known, found: named ?? 'none' })
}

/** `vin 4T1BF1FK7HU654321, make Northwind`; only its owner knows it. */
export function attributesText({ attributes }: Pick<AssetProfile, 'attributes'>): string {
  return [...attributes].map(([name, value]) => `${name} ${typeof value === 'number' || typeof value === 'string' ? value : 'of another kind'}`).join(', ')
}
