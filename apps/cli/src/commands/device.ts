import type { Command } from 'commander'
import { addDeviceCorrect } from './device/correct.ts'
import { addDeviceEnrol } from './device/enrol.ts'
import { addDeviceForget } from './device/forget.ts'
import { addDeviceGrant } from './device/grant.ts'
import { addDeviceList } from './device/list.ts'
import { addDeviceRead } from './device/read.ts'
import { addDeviceResume } from './device/resume.ts'
import { addDeviceRetire } from './device/retire.ts'
import { addDeviceRevoke } from './device/revoke.ts'
import { addDeviceShow } from './device/show.ts'

export function addDevice(program: Command): void {
  const device = program.command('device').description('enrol devices, let others read them, correct, forget and retire')
  for (const add of [addDeviceEnrol, addDeviceList, addDeviceShow, addDeviceGrant, addDeviceRevoke, addDeviceRead, addDeviceCorrect, addDeviceForget, addDeviceResume, addDeviceRetire]) add(device)
}
