import { TelltaleError, addressToBytes, bytesToMapKey, createReceiptEncoder, decodeSubmissions, encodeReceipts, encodeSubmissions, equalBytes, errorToVerdict, fail, verdictToError } from '@telltale/core'
import type { Algorithm, Authority, Cosignature, Participant, Passing } from '@telltale/core'
import { blockId, createLedgerReader, decodeBlock, decodeHeader, decodeVote, voteCheck } from '@telltale/ledger'
import type { ReadTransaction, Vote } from '@telltale/ledger'
import type { CertifiedHead } from '../certifier.ts'
import type { Certified } from '../pool.ts'
import { createAccuser } from './accuser.ts'
import { createActivity } from './activity.ts'
import { entryAt } from './age-proof.ts'
import { answerQuestion } from './answers.ts'
import { createAsking } from './asking.ts'
import { createBranches } from './branches.ts'
import type { BranchBlock } from './branches.ts'
import { createCatchUp } from './catch-up.ts'
import type { EngineCore } from './core.ts'
import { createCosigning } from './cosigning.ts'
import { findDelays } from './delays.ts'
import { ASK_MS_MAX, BRANCH_BLOCKS_MAX, GOSSIP_BYTES_MAX } from './limits.ts'
import { decodeAnnouncement, decodeFullBlocks, encodeAnnouncement, encodeKept, encodeQuestion } from './messages.ts'
import type { FullBlock } from './messages.ts'
import { createIntake } from './intake.ts'
import { takeKept } from './kept-blocks.ts'
import { loadPace } from './pace.ts'
import type { PeerChain, PeerChainInit } from './peer-chain.ts'
import { acceptBlock, acceptHeader } from './receiving.ts'
import { createRefusing } from './refusing.ts'
import type { AcceptedBlock } from './receiving.ts'
import { chooseHead, findFinal } from './fork-choice.ts'
import { createSealer } from './sealer.ts'
import { staleWork } from './work-bench.ts'
import type { Sealer } from './sealer.ts'
import { rememberLost, showBranches } from './shown-branches.ts'
import type { LostBlock } from './shown-branches.ts'
import { createStanding, isAlone } from './standing.ts'
import { createSignedFile } from './signed-file.ts'
import { weightOf } from './turn.ts'
import { createVerdicts, isFault } from './verdicts.ts'
import { createVoteBook, voterAt } from './vote-book.ts'
import { createVoter } from './voter.ts'
import { createWaiters } from './waiters.ts'
import { createWaitingRoom, viewWaiting } from './waiting.ts'

/** Starts an engine where its ledger and what lay in its branch log left it (`signed-state-lost` and the codes of the store). */
export async function createPeerChain(init: PeerChainInit): Promise<PeerChain> {
  const { ledger, primitives, verifier, clock, exchange, branchLog, own } = init
  const branches = createBranches(ledger, await loadPace(ledger, primitives), clock.nowMs())
  const signing = own && { ...own, signed: createSignedFile(ledger.store, ledger.network, isAlone({ ledger }, own.address)), unsentHeight: null as number | null, isReady: isAlone({ ledger }, own.address) }
  const core: EngineCore = { ledger, primitives, verifier, clock, exchange, signing, branches, votes: createVoteBook(), waiting: createWaitingRoom(), head: branches.root, certifiedEntry: null, lackingUpToMs: Number.NEGATIVE_INFINITY }
  const reader = createLedgerReader(ledger, primitives)
  const waiters = createWaiters()
  const verdicts = createVerdicts()
  const activity = await createActivity(ledger)
  const lost: LostBlock[] = []
  const listeners = new Set<() => void>()
  const certifiedReaders: (() => void)[] = []
  const fetching = new Set<string>()
  let failure: Error | null = null
  let isStopped = false
  /** What the branch log holds is being taken: it stands there already, and what is not taken yet must stay. */
  let isLoading = true

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

  const onCertified = (certified: CertifiedHead): void => {
    core.certifiedEntry = entryAt(core, certified) ?? core.certifiedEntry
    waiters.onCertified(certified.checkpoint.size)
    for (const listener of listeners) listener()
    for (const read of certifiedReaders.splice(0)) read()
  }
  const intake = createIntake(core, () => sealer?.consider())
  const accuser = createAccuser({ core, intake, verdicts, enqueue })
  const refusing = await createRefusing(core)
  const refuse = (read: ReadTransaction, error: unknown): void => {
    void refusing.answer(read, error).catch((failed: unknown) => failed).then((answer) => waiters.reject(read.id, answer))
  }
  const cosigning = await createCosigning({ ledger, primitives, signing, verifier, clock, publish: (bytes) => exchange.publish('cosignature', bytes), onCosignature: activity.sawCosignature, onCertified })

  const add = async (accepted: AcceptedBlock, parent: BranchBlock): Promise<void> => {
    if (!isLoading) await branchLog.append(encodeKept(accepted))
    activity.sawBlock(accepted.block)
    branches.add(parent, accepted, weightOf(accepted.block.header, parent.position), clock.nowMs())
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
    standing?.sawHead()
    if (await voter?.vote()) return settle()
    sealer?.consider()
  }

  const voter = signing && createVoter({ core, signing, enqueue, onCast: (vote) => activity.sawVote(vote, clock.nowMs()), onVoted: settle })

  const commitFinal = async (): Promise<void> => {
    const final = findFinal(core)
    if (!final) return
    // The newest with transactions of each set: whoever trusts one set follows to the next over what both signed.
    const certifiable = new Map<string, number>()
    for (const block of branches.path(final)) {
      const { execution, bytes, attachments } = block.content!
      await ledger.commit(execution, { height: block.height, id: block.id, bytes }, attachments, true)
      if (core.head === block || !branches.contains(core.head, block)) core.head = block
      const left = branches.advance(block)
      rememberLost(lost, left, block, clock.nowMs())
      if (core.head === block) core.head = branches.root
      for (const { id } of execution.transactions) core.waiting.remove(id)
      intake.takeBack(left)
      waiters.onFinal(execution)
      if (execution.transactions.length > 0) certifiable.set(bytesToMapKey(execution.setHash), block.height)
    }
    core.votes.forget(branches.root.height)
    intake.dropHopeless(refuse)
    if (!isLoading) await branchLog.settle(() => branches.all().map(({ content }) => encodeKept(content!)))
    for (const height of certifiable.values()) await cosigning.onFinal(height)
  }

  /** What was final when every node stopped, and not certified, is signed again where its last transaction stands. */
  const certifyLeft = async (): Promise<void> => {
    const { size } = ledger.position.log
    if (size === (cosigning.head?.checkpoint.size ?? 0)) return
    let { height } = branches.root
    while (height > 1 && decodeBlock((await ledger.store.readBlock(height - 1)).bytes).header.size === size) height -= 1
    await cosigning.onFinal(height)
  }

  const noteVote = async (vote: Vote, address: string): Promise<void> => {
    accuser.noteVote(vote, address)
    if (address === signing?.address) await standing?.sawVote(vote)
  }

  const note = async ({ id, block }: AcceptedBlock, parent: BranchBlock): Promise<void> => {
    for (const vote of block.votes) await noteVote(vote, (voterAt(parent, vote) as Authority).address)
    accuser.noteSeal(block, parent)
    if (signing && equalBytes(block.header.sealer, addressToBytes(signing.address, 'tt'))) await standing?.sawSeal(block.header.height, id)
  }

  /** Takes a block in the engine's turn; false where it is known already. Throws its verdict (`missed-block` where what it follows is not known). */
  const receive = (peer: string, full: FullBlock, isLast = true): Promise<boolean> =>
    inTurn(async () => {
      const block = decodeBlock(full.bytes)
      const id = blockId(block.headerBytes, primitives)
      const { height, parent: parentId } = block.header
      if (branches.find(id) || height <= branches.root.height) return false
      const parent = branches.find(parentId)
      if (!parent) throw fail('missed-block', `Block ${height} follows one that is not known here.`, { expected: 'a block whose parent is known' })
      try {
        if (branches.size >= BRANCH_BLOCKS_MAX) throw fail('busy', 'Too many blocks wait to become final.', { expected: `at most ${BRANCH_BLOCKS_MAX}` })
        const accepted = await acceptBlock({ ledger, primitives, verifier, clock, waiting: core.waiting, votes: core.votes, mayLack: () => block.header.timeMs <= core.lackingUpToMs }, parent, block, full)
        await note(accepted, parent).then(async () => add(accepted, parent)).then(settle).catch(fell)
      } catch (error) {
        if (error instanceof TelltaleError && (isLast || error.code !== 'missing-attachment')) verdicts.refuse({ height, id, peer, verdict: errorToVerdict(error), timeMs: clock.nowMs() })
        throw error
      }
      return true
    })

  const takeVote = (bytes: Uint8Array): Promise<Passing> =>
    inTurn(async () => {
      const vote: Vote = decodeVote(bytes)
      const { height: final } = branches.root
      // What is so far above cannot be made here yet; it comes again with the blocks below it.
      if (vote.targetHeight <= final || vote.targetHeight > final + BRANCH_BLOCKS_MAX || core.votes.has(vote)) return 'keep'
      const target = branches.find(vote.targetId)
      // Whoever does not have the block cannot see that the vote is none for it, nor whom its branch lets vote: only the signature is the peer's to answer for.
      const voter = target && target.height !== vote.targetHeight ? null : voterAt(target ?? core.head, vote)
      if (!voter) return 'keep'
      if (!(await verifier.verify([voteCheck(ledger.network, vote, voter)]))) return 'reject'
      activity.sawVote(vote, clock.nowMs())
      await noteVote(vote, voter.address).then(settle).catch(fell)
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
        return inTurn(async () => cosigning.receive(peer, bytes)).catch((error: unknown) => {
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
    onQuestion: (_, question) => answerQuestion(core, cosigning, refusing, question),
    onPeer: (peer) => asking.ask(peer),
  }

  const catchUp = createCatchUp({
    core,
    receive,
    gossip: async (peer, topic, bytes) => participant.onGossip(peer, topic, bytes),
    take: intake.takeSubmission,
    lacksHandoversAbove: () => cosigning.lacksHandoversAbove,
    isStopped: () => isStopped || failure !== null,
  })

  const accept = async (sealed: AcceptedBlock): Promise<void> => {
    await add(sealed, branches.find(sealed.block.header.parent) as BranchBlock)
    exchange.publish('block', encodeAnnouncement(sealed.block.headerBytes, sealed.block.seal))
    await settle()
  }
  const sealer: Sealer | null = signing && createSealer({ core, signing, miner: init.miner ?? null, enqueue, accept })

  const standing = signing && createStanding(core, signing, { isRestored: !branchLog.isWhole, inTurn, onReady: () => enqueue(settle), isCatchingUp: () => catchUp.isBusy })
  const asking = createAsking({ core, catchUp, standing, isStopped: () => isStopped, fell })

  const isAtCertified = (): boolean => {
    const checkpoint = cosigning.head?.checkpoint
    return ledger.position.log.size === (checkpoint?.size ?? 0)
  }

  let receipts: { head: CertifiedHead; encoders: ReturnType<typeof createReceiptEncoder>[] } | null = null
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
    handovers: cosigning.handovers,
    get heights() {
      return { newest: core.head.height, final: branches.root.height }
    },
    get failure() {
      return failure
    },
    status: () => ({ height: core.head.height, id: core.head.id, finalHeight: branches.root.height, justifiedHeight: core.head.position.finality.justifiedHeight, waiting: core.waiting.count, isCatchingUp: catchUp.isBusy }),
    work: () => sealer?.work ?? null,
    async takeWork(id, nonce) {
      requireRunning()
      return inTurn(async () => {
        if (!sealer) throw staleWork('a node whose identity may seal')
        const sealed = await sealer.take(id, nonce)
        await accept(sealed).catch(fell)
        return { height: sealed.block.header.height, id: sealed.id }
      })
    },
    pool: () => viewWaiting(core.waiting),
    activity,
    lost,
    branches: () => branches.all(),
    shownBranches: () => showBranches(core),
    delays: (patienceMs) => findDelays(core, cosigning.head, patienceMs),
    sync: () => catchUp.fromAll(),
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
        refuse(read, error)
      }
      return certified
    },
    async receipt(index) {
      const { head } = cosigning
      if (!head || index >= head.checkpoint.size) throw fail('not-certified', 'The transaction is not certified yet.', { expected: 'a certified transaction', found: String(index) })
      if (receipts?.head !== head) receipts = { head, encoders: head.cosignatures.map((cosignature) => createReceiptEncoder(head.checkpoint, algorithmOf(head, cosignature), cosignature)) }
      const path = await reader.inclusion(index, head.checkpoint.size)
      return encodeReceipts(receipts.encoders.map((encode) => encode(index, path)))
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
      voter?.stop()
      asking.stop()
      await last
      waiters.rejectAll(fail('stopping', 'The node is stopping; submit again when it is back.'))
      for (const read of certifiedReaders.splice(0)) read()
    },
  }
  await takeKept(core, branchLog, async (full) => receive('', full))
  isLoading = false
  // Others may not have what stands in them, and another branch may win.
  intake.takeBack(branches.all())
  await inTurn(settle)
  await inTurn(certifyLeft)
  asking.start()
  return chain
}

function algorithmOf({ set }: CertifiedHead, { address }: Cosignature): Algorithm {
  return set.find((authority) => authority.address === address)!.key.algorithm
}
