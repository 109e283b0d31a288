import { createWallet } from '@telltale/node'
import type { Wallet } from '@telltale/node'
import type { Output } from '../../output.ts'
import { passwordForKeys, passwordForNewKeys, passwordFromFile } from '../../password.ts'

/**
 * The wallet of a directory, ready for a new key. It gets the password that the keys there have, which is checked; in a directory without keys a new one. Works
 * before `telltale init`, too, and while a node runs.
 */
export async function walletForNewKey(directory: string, output: Output): Promise<Wallet> {
  const heads = await createWallet(directory, undefined).heads()
  const locked = heads.find((item) => item.isProtected)
  if (locked) {
    const wallet = createWallet(directory, await passwordForKeys())
    await wallet.content(locked.name)
    return wallet
  }
  return createWallet(directory, heads.length === 0 ? await passwordForNewKeys(output) : await passwordFromFile())
}
