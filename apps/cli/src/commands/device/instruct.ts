import { signStatement } from '@telltale/core'
import { instructionFields } from '@telltale/device'
import type { Device, Instruction } from '@telltale/device'
import { ownerKey } from '@telltale/node'
import type { DeviceProfile, Place } from '@telltale/node'

/** Tells a device what its owner wants: the owner signs, the device checks that and obeys. Both keys lie in this directory (`no-key`). */
export async function instruct(place: Place, profile: DeviceProfile, device: Device, instruction: Instruction): Promise<void> {
  const owner = await ownerKey(place, profile.asset)
  await device.obey(instruction, await signStatement('consent', place.ledger.network, instructionFields(profile.address, instruction), owner.signer))
}
