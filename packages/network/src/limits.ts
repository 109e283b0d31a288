/** Limits of the network, each with its reason. */

/** One message on the long-lived stream of two peers: a block of 5,000 records with its announcement; what is larger is asked for. */
export const MESSAGE_BYTES_MAX = 4_194_304
/** One question: what is wanted, never content. */
export const QUESTION_BYTES_MAX = 65_536
/** One answer: the largest block by default, or an attachment, with what stands around it. */
export const ANSWER_BYTES_MAX = 20_971_520
/** A message between peers before both are greeted: nobody who is not admitted has more room than this. */
export const GREETING_BYTES_MAX = 16_384
/** What waits for one peer. The bytes of a message are held once for all peers. */
export const QUEUE_BYTES_MAX = 16_777_216
/** Messages that wait for one peer: each takes room beside its bytes. */
export const QUEUE_MESSAGES_MAX = 16_384
/** A reader whose queue stays full for so long is cut off: it will not catch up. */
export const SLOW_MS_MAX = 20_000
/** A stream that is opened and says nothing for so long is closed. */
export const STREAM_MS_MAX = 10_000
/** A whole answer has left by then: 20 MiB over 5 Mbit/s. */
export const ANSWER_MS_MAX = 40_000
/** Questions of one peer that are answered at once; each may hold a whole answer. */
export const QUESTIONS_MAX = 16
/** Questions asked of one peer at once, fewer than it answers: an end may be on its way when the next begins. */
export const QUESTIONS_ASKED_MAX = 12
/** A connection that is not greeted within this is closed. */
export const GREETING_MS_MAX = 10_000
/** Connections that others opened, those included that are not greeted yet: strangers may take up the difference, for as long as a greeting may take. */
export const CONNECTIONS_MAX = 128
/** Greeted peers at once; a network of organisations has some dozens of nodes, and each passes on to all of its peers. */
export const PEERS_MAX = 64
/** Peers that a node looks for by itself; more may come to it. Flooding reaches hundreds of nodes in three steps. */
export const PEERS_WANTED = 12

/** Hashes of what was gossiped that are remembered: ten minutes at a hundred messages a second. */
export const SEEN_MAX = 65_536
export const SEEN_MS_MAX = 600_000
/** Messages of one peer that are judged at once; its next is read when one is done. */
export const JUDGED_MAX = 64
/** Messages and bytes a second that one peer may gossip, with what it saved up: far above what a node can judge, so that no honest burst is dropped. */
export const GOSSIP_PER_SECOND = 8192
export const GOSSIP_BURST = 32_768
export const GOSSIP_BYTES_PER_SECOND = 33_554_432
export const GOSSIP_BYTES_BURST = 134_217_728

/** Bytes of answers a second that one peer is given, with what it saved up: a question costs it nothing, its answer costs reading and sending. Further questions wait. */
export const ANSWERED_BYTES_PER_SECOND = 33_554_432
export const ANSWERED_BYTES_BURST = 134_217_728

/** Blame of one peer at which it is cut off. */
export const BLAME_MAX = 100
/** Blame forgiven a minute. */
export const FORGIVEN_PER_MINUTE = 2
/** A first cut-off; each further one takes twice as long, up to a day. */
export const CUT_OFF_MS_MIN = 60_000
export const CUT_OFF_MS_MAX = 86_400_000
/** After so long without another cut-off the next is counted as one fewer. */
export const CUT_OFF_FORGIVEN_MS = 21_600_000
/** Peers whose blame is remembered. */
export const SCORES_MAX = 4096

export const HEARTBEAT_MS = 5000
/** Heartbeats that may stay without an answer before the peer counts as gone. */
export const HEARTBEATS_MISSED_MAX = 4
/** A node reports its neighbours when they change, and otherwise after so many heartbeats. */
export const REPORT_BEATS = 6
/** Reports of other nodes that are kept: what the graph of the network is made of. */
export const REPORTS_MAX = 256
/** Neighbours that one report names, and addresses of each. */
export const NEIGHBOURS_MAX = 64
export const ADDRESSES_MAX = 8
export const ADDRESS_BYTES_MAX = 256

/** Pauses before a peer is tried again: a link that is whole again is noticed soon, and who answers and refuses is not asked all the time. */
export const RETRY_MS_MIN = 500
export const UNREACHABLE_RETRY_MS_MAX = 10_000
export const REFUSED_RETRY_MS_MAX = 30_000
/** Connections that are tried at once, so that a list of made-up addresses ties up little. */
export const DIALS_MAX = 8
/** Peers that the book remembers; who was gone for the longest leaves first. */
export const BOOK_PEERS_MAX = 1024
/** Between two writes of the book. */
export const BOOK_MS = 60_000
