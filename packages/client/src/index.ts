export { createClient, errorOfProblem } from './client.ts'
export type { Answer, Client, ClientOptions, Input, OperationName, SubmissionResult } from './client.ts'
export type { NodeEvent } from './events.ts'
export type { Operations, Problem } from './generated/operations.ts'
