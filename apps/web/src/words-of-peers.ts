/** Words about several nodes: peers, turns, what waits, branches, and what stands still. */
export const wordsOfPeers = {
  peers: {
    title: 'The network around this node',
    alone: 'This node is alone: it is connected with no other, so there is no graph and there are no peers.',
    picture: (nodes: string, links: string) => `${nodes} nodes with ${links} links between them; the table below says the same.`,
    facts: { nodes: 'Nodes', links: 'Links', diameter: 'Farthest apart', spread: 'A block is everywhere after', best: 'Missing most' },
    noBest: 'no link would help',
    best: (from: string, to: string, ms: string) => `${from} with ${to}: then after ${ms}`,
    notConnected: 'Not all nodes can reach each other.',
    cutNodes: (names: string) => `The network falls apart without ${names}.`,
    own: 'this node', silent: 'has not reported itself',
    authority: (number: number) => `Authority ${number}`, member: (number: number) => `Member ${number}`, stranger: (number: number) => `Node ${number}`,
    legend: 'Filled: authorities. Ring: this node. Dashed: the link that is missing most. Amber: the network falls apart without it.',
    linksTitle: 'Links as a table', from: 'From', to: 'To', latency: 'Latency', falls: 'falls apart without it', note: 'Note',
    peersTitle: 'Peers', node: 'Node', height: 'Block', finalHeight: 'Final', state: 'State', since: 'Since', software: 'Software', blame: 'Blame',
    connected: 'connected', gone: 'gone', nobody: 'Nobody is connected yet. The node keeps trying the addresses that it knows.',
    blameless: 'none', blamed: (blame: string) => `${blame} of 100`,
    ms: (text: string) => `${text} ms`, notMeasured: 'not yet',
  },

  turns: {
    title: (present: string, count: string, needed: string) => `Authorities: ${present} of ${count} there, ${needed} needed`,
    authority: 'Authority', state: 'State', block: 'Last block', vote: 'Last vote', cosignature: 'Last cosignature',
    there: 'there', own: 'this node', away: (ago: string) => `away for ${ago}`, never: 'not seen',
    next: 'Whose turn it is', turn: (height: string, who: string) => `Block ${height}: ${who}`,
  },

  pool: { title: 'What waits', empty: 'Nothing waits.', count: 'Transactions', size: 'Size', oldest: 'The oldest waits for', sender: 'Sender' },

  mining: {
    title: 'Work for blocks', state: 'Now', rate: 'This node tries', difficulty: 'A block costs', alone: 'Alone it would take', target: 'The network aims at', lately: 'Sealed here',
    works: (height: string) => `works on block ${height}`, waits: (height: string) => `block ${height} waits for others to work`, rests: 'no block is wanted',
    noThreads: 'nothing: it has no threads for it', rateOf: (rate: string, threads: string) => `about ${rate} hashes a second, threads: ${threads}`,
    hashes: (count: string) => `${count} hashes in the mean`, notMeasured: 'not known yet', atOnce: 'no time', every: (text: string) => `a block every ${text}`,
    ofNewest: (own: string, count: string) => `${own} of the newest ${count} blocks`, last: 'the last at',
    threads: 'Threads of this machine', ofMachine: (count: string, machine: string) => `${count} of ${machine}`,
    start: 'Start', stop: 'Stop', change: 'Change', notSet: 'The threads could not be changed.',
    untilRestart: 'Holds until the node is started again.',
    others: 'Any other machine may work for this node too, without keys; the node seals what is found:',
  },

  stalled: { title: 'It does not go on', since: 'Since', missing: 'Missing', left: (ago: string) => `gone for ${ago}`, help: 'What helps' },

  branches: {
    title: 'Not final yet',
    alone: 'This node is alone: its blocks are final at once, so there are no branches and no votes.',
    rest: (height: string) => `Block ${height} is final, and nothing that is not final waits for it to be.`,
    state: (head: string, justified: string, final: string) => `The head is block ${head}; justified up to ${justified}, final up to ${final}.`,
    fork: (count: string) => `${count} branches compete; the heaviest is built on.`,
    block: 'Block', id: 'Id', parent: 'On', sealer: 'Sealed by', turn: 'Turn', weight: 'Weight', votes: 'Votes', branch: 'Branch',
    ofVotes: (votes: string, needed: string) => `${votes} of ${needed} needed`,
    justified: 'justified', built: 'built on', other: 'other branch',
    lostTitle: 'Forks that ended', lostNone: 'No block has lost to another since this node started.', lost: 'Lost', won: 'Won', when: 'When',
    refusedTitle: 'Refused blocks', refusedNone: 'No block was refused since this node started.',
    why: 'Why', count: (code: string, count: string) => `${code}: ${count}`, doubleVote: (who: string) => `${who} cast two votes that no honest authority casts.`,
  },

}
