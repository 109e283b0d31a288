import { TelltaleError, fail } from '@telltale/core'
import type { DataBackup } from '../upkeep/data-backup.ts'
import type { DataDropped } from '../upkeep/drop-old.ts'
import { CONTROL_HEADER, readRunning } from './running-file.ts'

/** Asks the node that runs on a directory to back it up while it goes on; null where none answers. Refusals have the codes of `backupData`. */
export function askRunningForBackup(directory: string, target: string): Promise<DataBackup | null> {
  return askRunning<DataBackup>(directory, 'backup', { target })
}

/** Asks the node that runs on a directory to drop what its network keeps no longer; null where none answers. Refusals have the codes of `dropOldAttachments`. */
export async function askRunningToDropOld(directory: string): Promise<DataDropped | null> {
  for (;;) {
    const answer = await askRunning<DataDropped | { isUnderWay: true }>(directory, 'drop-old', {})
    if (answer === null || !('isUnderWay' in answer)) return answer
  }
}

async function askRunning<T extends object>(directory: string, what: string, body: object): Promise<T | null> {
  const running = await readRunning(directory)
  if (!running) return null
  let response: Response
  try {
    response = await fetch(`${running.url}/control/${what}`, { method: 'POST', headers: { 'content-type': 'application/json', [CONTROL_HEADER]: running.control }, body: JSON.stringify(body) })
  } catch {
    // The node that wrote the file is gone: whoever asked works on the directory itself.
    return null
  }
  const answer = (await response.json()) as T & { code?: string; detail?: string; expected?: string; found?: string }
  if (response.ok) return answer
  const { code, detail, expected, found } = answer
  // Another node answers there now: it does not know this secret.
  if (code === 'not-allowed' || code === 'no-such-route') return null
  if (code === undefined || detail === undefined) throw fail('unexpected-answer', 'What answers at the address of the running node is no Telltale node.', { expected: 'a node', found: String(response.status) })
  throw new TelltaleError(code, detail, { ...(expected === undefined ? {} : { expected }), ...(found === undefined ? {} : { found }) })
}
