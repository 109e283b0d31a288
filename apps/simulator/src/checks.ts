import { linksTo } from '@telltale/consensus'
import { bytesToHex, equalBytes, fail, judge, stateRoot } from '@telltale/core'
import type { Ledger } from '@telltale/ledger'
import type { Client } from './world/client.ts'
import type { SimulatedNode } from './world/node.ts'
import type { World } from './world/world.ts'

/** Why the honest nodes do not agree on everything yet, or null. */
export function openQuestion({ primitives }: Pick<World, 'primitives'>, nodes: SimulatedNode[], { sent }: Client): string | null {
  const missing = sent.filter(({ isIncluded }) => !isIncluded).length
  if (missing > 0) return `${missing} of ${sent.length} transactions are not certified`
  for (const { id, running } of nodes) {
    const { chain, ledger } = running!
    const { size } = ledger.position.log
    // Evidence stands in the log too: that it is long enough is not enough.
    const held = sent.filter(({ submission }) => isHeld(ledger, submission.bytes)).length
    if (held < sent.length) return `${id} holds ${held} of ${sent.length} transactions`
    if ((chain.head?.checkpoint.size ?? 0) < size) return `${id} has certified ${chain.head?.checkpoint.size ?? 0} of ${size} transactions`
    if (chain.status().waiting > 0) return `${chain.status().waiting} transactions wait at ${id}`
    const { head, handovers } = chain
    // Whoever knows only the genesis follows to the authorities that certified last, however these changed.
    if (head && !judge(() => linksTo(head, handovers, { set: ledger.authorities(0), height: 0 }, primitives)).ok) return `the authorities of block ${head.checkpoint.height} cannot be followed at ${id}`
  }
  return null
}

function isHeld(ledger: Ledger, transaction: Uint8Array): boolean {
  const read = ledger.read(transaction)
  return read.ok && ledger.position.has(read.value.id)
}

/** What must hold once a run is over (`engine-failed`, `roots-differ`, `transaction-lost`, `honest-blamed`, `honest-accused`, `honest-suspended`). */
export async function checkEnd({ nodes }: World, { sent }: Client): Promise<void> {
  const honest = nodes.filter(({ misconduct }) => misconduct === null)
  for (const { id, running } of honest) {
    const { failure } = running!.chain
    if (failure) throw fail('engine-failed', `The engine of ${id} stopped: ${failure.message}`, { cause: failure })
  }
  const names = new Set(honest.map(({ identity }) => identity?.address))
  for (const { id, running } of honest) {
    const accused = running!.chain.verdicts.doubleVotes.find(({ address }) => names.has(address))
    if (accused) throw fail('honest-accused', `${id} holds two votes of an honest authority that contradict each other.`, { expected: 'none', found: `${accused.first.sourceHeight} to ${accused.first.targetHeight}, ${accused.second.sourceHeight} to ${accused.second.targetHeight}` })
  }
  checkAccused(honest)
  checkRoots(honest)
  for (const node of honest) await checkLog(node, sent)
  for (const node of honest) checkBlame(node, honest)
}

/** Nobody honest is suspended. */
function checkAccused(honest: SimulatedNode[]): void {
  const set = newestSet(honest)
  for (const { id, identity } of honest) if (identity && !set.includes(identity.address)) throw fail('honest-suspended', `${id} is honest and was suspended.`)
}

function newestSet([first]: SimulatedNode[]): string[] {
  const { ledger } = first!.running!
  return ledger.authorities(ledger.position.height + 1).map(({ address }) => address)
}

/** Misbehaviour that two signatures prove. */
const PROVABLE = new Set(['double-voter', 'surround-voter', 'equivocator'])

/** Whose misbehaviour has not happened yet, or was proved and has not ended; null where there is none. It goes on while blocks are made. */
export function openMisconduct(nodes: SimulatedNode[]): string | null {
  const set = newestSet(nodes.filter(({ misconduct }) => misconduct === null))
  for (const { id, identity, misconduct } of nodes) {
    if (misconduct?.count === 0) return `${id} has not been a ${misconduct.name} yet`
    if (misconduct && identity && PROVABLE.has(misconduct.name) && set.includes(identity.address)) return `${id} is a ${misconduct.name} and still an authority`
  }
  return null
}

function checkRoots(honest: SimulatedNode[]): void {
  const roots = new Map<number, string>()
  for (const { id, running } of honest) {
    const { height, log, stateTree } = running!.ledger.position
    const root = `${bytesToHex(running!.ledger.position.id)} ${log.size} ${bytesToHex(stateRoot(stateTree))}`
    const known = roots.get(height) ?? root
    if (known !== root) throw fail('roots-differ', `${id} has other roots at height ${height}.`, { expected: known, found: root })
    roots.set(height, root)
  }
}

/** Whatever somebody was told is certified stands where they were told, and everything that was handed on stands there once. */
async function checkLog({ id, running }: SimulatedNode, sent: Client['sent']): Promise<void> {
  const { ledger } = running!
  for (const { submission, index } of sent) {
    if (!isHeld(ledger, submission.bytes)) throw fail('transaction-lost', `${id} does not hold a transaction that was certified.`, { expected: `transaction ${index}` })
    if (index === null) continue
    const [stored] = await ledger.log.transactions([index])
    if (!stored || !equalBytes(stored.bytes, submission.bytes)) throw fail('transaction-lost', `${id} holds another transaction at place ${index}.`, { expected: 'the one that was certified' })
  }
}

/** Whoever is honest is blamed for nothing, however late and in whatever order its messages come. */
function checkBlame({ id, blamed }: SimulatedNode, honest: SimulatedNode[]): void {
  const found = blamed.find(({ peer }) => honest.some((node) => node.id === peer))
  if (found) throw fail('honest-blamed', `${id} blames ${found.peer}, which is honest.`, { expected: 'no blame', found: found.code })
}

/** How the nodes stand, a line each, for whoever looks into a failure. */
export function describeNodes(nodes: SimulatedNode[]): string {
  return nodes
    .map(({ id, misconduct, running }) => {
      if (!running) return `${id} is not running`
      const { height, id: head, finalHeight, justifiedHeight, waiting, isCatchingUp } = running.chain.status()
      const { signed } = running.store
      return `${id}${misconduct ? ` (${misconduct.name})` : ''}: head ${height} ${bytesToHex(head).slice(0, 8)}, justified ${justifiedHeight}, final ${finalHeight}, log ${running.ledger.position.log.size}, ${waiting} wait, sealed ${signed?.sealedHeight}, voted ${signed?.voted?.sourceHeight} to ${signed?.voted?.targetHeight}, peers ${running.network.peers().map(({ peer }) => peer.replace('authority-', 'a')).join(' ')}${isCatchingUp ? ', catching up' : ''}${running.chain.failure ? `, failed: ${running.chain.failure.message}` : ''}`
    })
    .join('\n')
}
