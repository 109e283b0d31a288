// Loaded before the command (`node --import`): a machine whose clock is behind by CLOCK_BEHIND_MS.
const now = Date.now
const behindMs = Number(process.env['CLOCK_BEHIND_MS'])
Date.now = () => now() - behindMs
