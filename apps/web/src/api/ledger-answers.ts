import type { Answer } from '@telltale/client'
import type { Clear } from '@telltale/core'

/** What the node answers, by the names that the pages use; the shapes come from the node's own description. */

export type Health = Answer<'getHealth'>
export type Network = Answer<'getNetwork'>
export type CheckpointAnswer = Answer<'getCheckpoint'>
export type BlockLine = Answer<'listBlocks'>['blocks'][number]
export type Block = Answer<'getBlock'>
export type Asset = Answer<'listAssets'>['assets'][number]
export type Device = Answer<'getDevice'>
export type Stream = Answer<'getStream'>
/** The description says of a clock that it is a whole number from 0 to 2. */
export type StreamRecord = Omit<Answer<'listRecords'>['records'][number], 'clear'> & { clear?: Clear }
export type Identity = Answer<'getIdentity'>
export type Peers = Answer<'listPeers'>
export type PeerGraph = Answer<'getPeerGraph'>
export type Authorities = Answer<'listAuthorities'>
export type Work = Answer<'getWork'>
export type Proposal = Answer<'listProposals'>['proposals'][number]
export type Branches = Answer<'getBranches'>
