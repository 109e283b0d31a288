import { TelltaleError, bytesToMapKey, createReceiptEncoder, decodeSubmissions, encodeSubmissions, equalBytes, errorToVerdict, fail, judge, verdictToError } from '@telltale/core'
import type { Cosignature, Primitives, Signer } from '@telltale/core'
import { blockId, createLedgerReader, decodeBlock, decodeHeader, decodeVote, encodeVote, networkAt, setAt, voteCheck } from '@telltale/ledger'
import type { Block, Ledger, Vote } from '@telltale/ledger'
import type { Chain } from '../chain.ts'
import type { CertifiedHead } from '../certifier.ts'
import type { Certified } from '../pool.ts'
import type { SignatureVerifier } from '../signature-verifier.ts'
import { createAccuser } from './accuser.ts'
import { answerQuestion } from './answers.ts'
import { createBranches } from './branches.ts'
import type { BranchBlock } from './branches.ts'
import { createCatchUp } from './catch-up.ts'
import type { BranchLog, EngineClock, EngineCore } from './core.ts'
import { createCosigning } from './cosigning.ts'
import type { Exchange, Participant, Passing } from './exchange.ts'
import { ASK_MS_MAX, BRANCH_BLOCKS_MAX, GOSSIP_BYTES_MAX } from './limits.ts'
import { decodeAnnouncement, decodeFullBlocks, decodeKept, encodeAnnouncement, encodeKept, encodeQuestion } from './messages.ts'
import type { FullBlock } from './messages.ts'
import { createIntake } from './intake.ts'
import { acceptBlock, acceptHeader } from './receiving.ts'
import type { AcceptedBlock } from './receiving.ts'
import { chooseHead, findFinal } from './fork-choice.ts'
import { createSealer } from './sealer.ts'
import type { Sealer } from './sealer.ts'
import { createStanding, isReadyAtStart } from './standing.ts'
import { createSignedFile } from './signed-file.ts'
import { weightOf } from './turn.ts'
import { createVerdicts, isFault } from './verdicts.ts'
import type { Verdicts } from './verdicts.ts'
import { createVoteBook, voterAt } from './vote-book.ts'
import { castVote } from './voter.ts'
import { createWaiters } from './waiters.ts'
import { createWaitingRoom } from './waiting.ts'

/** How a node of several stands. */
export interface EngineStatus {
  height: number
  id: Uint8Array
  finalHeight: number
  justifiedHeight: number
  waiting: number
  isCatchingUp: boolean
}

/** The longest chain among several nodes: blocks by authorities in turn, the heaviest branch, finality by votes, certified by cosignatures. */
export interface PeerChain extends Chain {
  readonly participant: Participant
  readonly verdicts: Verdicts
  status(): EngineStatus
  /** Blocks that are not final, of all branches, the lowest first. */
  branches(): BranchBlock[]
}

export interface PeerChainInit {
  ledger: Ledger
  primitives: Primitives
  verifier: SignatureVerifier
  clock: EngineClock
  /** Made with the participant that this engine is. */
  exchange: Exchange
  branchLog: BranchLog
  /** The authority that this node is; null for one that holds and checks only. */
  authority: { signer: Signer; address: string } | null
  /** Another rule for the head than ours: for simulations that show what it is good for. */
  chooseHead?: typeof chooseHead
}

/** How often a node asks one of the others what it lacks: what gossip lost comes this way. */
const COMPARE_MS = 5_000

export async function createPeerChain(init: PeerChainInit): Promise<PeerChain> {
  const { ledger, primitives, verifier, clock, exchange, branchLog, authority } = init
  const branches = createBranches(ledger, clock.nowMs())
  const signing = authority && { ...authority, signed: createSignedFile(ledger.store), unsentHeight: null as number | null, isReady: isReadyAtStart({ ledger }) }
  const core: EngineCore = { ledger, primitives, verifier, clock, exchange, signing, branches, votes: createVoteBook(), waiting: createWaitingRoom(), head: branches.root }
  const reader = createLedgerReader(ledger, primitives)
  const waiters = createWaiters()
  const verdicts = createVerdicts()
  const listeners = new Set<() => void>()
  const certifiedReaders: (() => void)[] = []
  const fetching = new Set<string>()
  let failure: Error | null = null
  let isStopped = false

  // Everything that changes branches, votes or the store runs here, one after the other.
  let last: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(task: () => Promise<T>): Promise<T> => {
    const done = last.then(task)
    last = done.catch(() => undefined)
    return done
  }
  const enqueue = (task: () => Promise<void>): void => {
    void inTurn(async () => {
      if (!isStopped && !failure) await task()
    }).catch(fell)
  }
  const fell = (error: unknown): void => {
    failure ??= error instanceof Error ? error : fail('commit-failed', 'The engine stopped.', { cause: error })
    waiters.rejectAll(failure)
    for (const read of certifiedReaders.splice(0)) read()
  }

  const onCertified = ({ checkpoint }: CertifiedHead): void => {
    waiters.onCertified(checkpoint.size)
    for (const listener of listeners) listener()
    for (const read of certifiedReaders.splice(0)) read()
  }
  const intake = createIntake(core, () => sealer?.consider())
  const accuser = signing && createAccuser(core, signing, intake)
  const cosigning = await createCosigning({ ledger, signing, verifier, clock, publish: (bytes) => exchange.publish('cosignature', bytes), onCertified })

  const add = async (accepted: AcceptedBlock, parent: BranchBlock): Promise<void> => {
    await branchLog.append(encodeKept(accepted))
    branches.add(parent, accepted, weightOf(accepted.turn, setAt(networkAt(parent.position), accepted.block.header.height)), clock.nowMs())
  }

  /** After a block or a vote came: what is final is committed, the head is chosen, and this authority votes for it. */
  const settle = async (): Promise<void> => {
    await commitFinal()
    const head = (init.chooseHead ?? chooseHead)(core)
    if (head !== core.head) {
      const left = branches.path(core.head).filter((block) => !branches.contains(head, block))
      core.head = head
      intake.takeBack(left)
    }
    const vote = signing && (await castVote(core, signing))
    if (vote && signing) {
      core.votes.add(signing.address, vote)
      exchange.publish('vote', encodeVote(vote))
      return settle()
    }
    sealer?.consider()
  }

  const commitFinal = async (): Promise<void> => {
    const final = findFinal(core)
    if (!final) return
    let certifiable: number | null = null
    for (const block of branches.path(final)) {
      const { execution, bytes, attachments } = block.content!
      await ledger.commit(execution, { height: block.height, id: block.id, bytes }, attachments, true)
      if (core.head === block || !branches.contains(core.head, block)) core.head = block
      const left = branches.advance(block)
      if (core.head === block) core.head = branches.root
      for (const { id } of execution.transactions) core.waiting.remove(id)
      intake.takeBack(left)
      waiters.onFinal(execution)
      if (execution.transactions.length > 0) certifiable = block.height
    }
    core.votes.forget(branches.root.height)
    intake.dropHopeless(waiters.reject)
    await branchLog.settle(branches.all().map(({ content }) => encodeKept(content!)))
    if (certifiable !== null) await cosigning.onFinal(certifiable)
  }

  /** Takes a block in the engine's turn; false where it is known already. Throws its verdict (`missed-block` where what it follows is not known). */
  const receive = (peer: string, full: FullBlock): Promise<boolean> =>
    inTurn(async () => {
      const block = decodeBlock(full.bytes)
      const id = blockId(block.headerBytes, primitives)
      const { height, parent: parentId } = block.header
      if (branches.find(id) || height <= branches.root.height) return false
      const parent = branches.find(parentId)
      if (!parent) throw fail('missed-block', `Block ${height} follows one that is not known here.`, { expected: 'a block whose parent is known' })
      try {
        if (branches.size >= BRANCH_BLOCKS_MAX) throw fail('busy', 'Too many blocks wait to become final.', { expected: `at most ${BRANCH_BLOCKS_MAX}` })
        const accepted = await acceptBlock({ ledger, primitives, verifier, clock, waiting: core.waiting, votes: core.votes }, parent, full)
        for (const vote of accepted.block.votes) note(vote, parent)
        noteSeal(accepted.block, parent)
        await add(accepted, parent).then(settle).catch(fell)
      } catch (error) {
        if (error instanceof TelltaleError) verdicts.refuse({ height, id, peer, verdict: errorToVerdict(error), timeMs: clock.nowMs() })
        throw error
      }
      return true
    })

  /** Keeps a vote that holds; where its voter said otherwise before, that is kept too. */
  const note = (vote: Vote, block: BranchBlock): void => {
    const voter = voterAt(block, vote)
    const doubled = voter && core.votes.add(voter.address, vote)
    if (!doubled) return
    verdicts.accuse(doubled)
    if (accuser) enqueue(() => accuser.votes(doubled))
  }

  /** Whoever sealed this sealed no other block on the same parent. */
  const noteSeal = (block: Block, parent: BranchBlock): void => {
    const twin = branches.all().find(({ content }) => content?.parent === parent && equalBytes(content.block.header.sealer, block.header.sealer))?.content
    if (!twin) return
    verdicts.countDoubleSeal()
    if (accuser) enqueue(() => accuser.seals(twin.block, block))
  }

  const takeVote = (bytes: Uint8Array): Promise<Passing> =>
    inTurn(async () => {
      const vote: Vote = decodeVote(bytes)
      if (vote.targetHeight <= branches.root.height || core.votes.has(vote)) return 'keep'
      const voter = voterAt(branches.find(vote.targetId) ?? core.head, vote)
      if (!voter || !(await verifier.verify([voteCheck(ledger.network, vote, voter)]))) return 'reject'
      note(vote, branches.find(vote.targetId) ?? core.head)
      await settle().catch(fell)
      // What there is no room for, or was said before in another way, is not passed on without end.
      return core.votes.has(vote) || vote.targetHeight <= branches.root.height ? 'pass-on' : 'keep'
    })

  const tell = (submission: Uint8Array): void => {
    if (submission.length <= GOSSIP_BYTES_MAX) exchange.publish('transaction', submission)
  }

  const onAnnouncement = async (peer: string, bytes: Uint8Array): Promise<Passing> => {
    const { headerBytes, seal } = decodeAnnouncement(bytes)
    const header = decodeHeader(headerBytes)
    const id = blockId(headerBytes, primitives)
    const key = bytesToMapKey(id)
    if (branches.find(id) || header.height <= branches.root.height || fetching.has(key)) return 'keep'
    const parent = branches.find(header.parent)
    if (!parent) {
      catchUp.from(peer)
      return 'keep'
    }
    fetching.add(key)
    try {
      await acceptHeader({ ledger, primitives, clock }, parent, { header, headerBytes, seal })
      const [full] = decodeFullBlocks(await exchange.ask(peer, encodeQuestion({ kind: 'block', id }), ASK_MS_MAX))
      if (full) await receive(peer, full)
      return branches.find(id) ? 'pass-on' : 'keep'
    } finally {
      fetching.delete(key)
    }
  }

  const gossip = async (peer: string, topic: Parameters<Participant['onGossip']>[1], bytes: Uint8Array): Promise<Passing> => {
    switch (topic) {
      case 'block':
        return onAnnouncement(peer, bytes)
      case 'vote':
        return takeVote(bytes)
      case 'cosignature':
        return inTurn(async () => cosigning.receive(bytes)).catch((error: unknown) => {
          // It judges what it is given: what it throws is the store's.
          fell(error)
          return 'keep'
        })
      case 'transaction': {
        const [submission] = decodeSubmissions(bytes)
        return submission && (await intake.takeSubmission(submission)) ? 'pass-on' : 'keep'
      }
    }
  }

  const participant: Participant = {
    async onGossip(peer, topic, bytes) {
      if (isStopped || failure) return 'keep'
      try {
        return await gossip(peer, topic, bytes)
      } catch (error) {
        if (!(error instanceof TelltaleError)) fell(error)
        return error instanceof TelltaleError && isFault(error.code) ? 'reject' : 'keep'
      }
    },
    onQuestion: (_, question) => answerQuestion(core, cosigning, question),
    onPeer: (peer) => askAll(peer),
  }

  const catchUp = createCatchUp({
    core,
    receive: async (block) => receive('', block),
    gossip: async (peer, topic, bytes) => participant.onGossip(peer, topic, bytes),
    take: intake.takeSubmission,
    isStopped: () => isStopped || failure !== null,
  })

  const sealer: Sealer | null = signing && createSealer(core, signing, enqueue, async (sealed) => {
    await add(sealed, branches.find(sealed.block.header.parent) as BranchBlock)
    exchange.publish('block', encodeAnnouncement(sealed.block.headerBytes, sealed.block.seal))
    await settle()
  })

  const standing = signing && createStanding(core, signing, () => enqueue(settle))
  const askAll = (peer: string): void => {
    catchUp.from(peer)
    // Those that do not answer, or hold and check only, are asked again in turn as long as it matters.
    if (!signing?.isReady && !isStopped) void standing?.from(peer).catch((error: unknown) => (error instanceof TelltaleError ? undefined : fell(error)))
  }
  let turnToAsk = 0
  let cancelCompare: () => void = () => undefined
  const compare = (): void => {
    const peers = exchange.peers()
    const peer = peers[turnToAsk++ % Math.max(1, peers.length)]
    for (const other of peers) if (other === peer || signing?.isReady === false) askAll(other)
    cancelCompare = clock.after(COMPARE_MS, compare)
  }

  const restore = async (): Promise<void> => {
    let isOwnKept = false
    for (const bytes of await branchLog.load()) {
      const full = judge(() => decodeKept(bytes))
      if (!full.ok) continue
      const id = blockId(decodeBlock(full.value.bytes).headerBytes, primitives)
      if (signing && equalBytes(id, signing.signed.state.sealedId)) isOwnKept = true
      // What cannot be taken any more is asked for again.
      await receive('', full.value).catch(() => false)
    }
    // Others may not have what stands in them, and another branch may win.
    intake.takeBack(branches.all())
    if (signing && !isOwnKept && signing.signed.state.sealedHeight > ledger.position.height) signing.unsentHeight = signing.signed.state.sealedHeight
  }

  const isAtCertified = (): boolean => {
    const checkpoint = cosigning.head?.checkpoint
    return ledger.position.log.size === (checkpoint?.size ?? 0)
  }

  let receipts: { head: CertifiedHead; encode: ReturnType<typeof createReceiptEncoder> } | null = null
  const requireRunning = (): void => {
    if (failure) throw failure
    if (isStopped) throw fail('stopping', 'The node is stopping; submit again when it is back.')
  }
  const chain: PeerChain = {
    participant,
    verdicts,
    get head() {
      return cosigning.head
    },
    get heights() {
      return { newest: core.head.height, final: branches.root.height }
    },
    get failure() {
      return failure
    },
    status: () => ({ height: core.head.height, id: core.head.id, finalHeight: branches.root.height, justifiedHeight: core.head.position.finality.justifiedHeight, waiting: core.waiting.count, isCatchingUp: catchUp.isBusy }),
    branches: () => branches.all(),
    onCertified(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    async submit({ bytes, attachments }) {
      const read = ledger.read(bytes)
      if (!read.ok) throw verdictToError(read.verdict)
      return chain.submitRead(read.value, attachments)
    },
    async submitRead(read, attachments): Promise<Certified> {
      requireRunning()
      const certified = waiters.wait(read.id)
      try {
        if (await intake.take(read, attachments)) tell(encodeSubmissions([{ bytes: read.transaction.bytes, attachments }]))
      } catch (error) {
        waiters.reject(read.id, error)
      }
      return certified
    },
    async receipt(index) {
      const { head } = cosigning
      if (!head || index >= head.checkpoint.size) throw fail('not-certified', 'The transaction is not certified yet.', { expected: 'a certified transaction', found: String(index) })
      const first = head.cosignatures[0] as Cosignature
      const { key } = head.set.find(({ address }) => address === first.address)!
      if (receipts?.head !== head) receipts = { head, encode: createReceiptEncoder(head.checkpoint, key.algorithm, first) }
      return receipts.encode(index, await reader.inclusion(index, head.checkpoint.size))
    },
    async atCertified(read) {
      for (;;) {
        if (failure) throw failure
        const answer = await inTurn(async () => (isAtCertified() ? { value: read(cosigning.head) } : null))
        if (answer) return answer.value
        await new Promise<void>((resolve) => certifiedReaders.push(resolve))
      }
    },
    async stop() {
      isStopped = true
      sealer?.stop()
      cancelCompare()
      await last
      waiters.rejectAll(fail('stopping', 'The node is stopping; submit again when it is back.'))
      for (const read of certifiedReaders.splice(0)) read()
    },
  }
  await restore()
  await inTurn(settle)
  cancelCompare = clock.after(COMPARE_MS, compare)
  return chain
}
