import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyError, FastifyInstance, FastifyReply } from 'fastify'
import { TelltaleError, fail } from '@telltale/core'
import { problemOf } from '../problem.ts'

/** Every failure leaves as a problem (RFC 9457) with a code; of our own bugs only the code does, and the log says the rest. */
export function answerErrors(server: FastifyInstance): void {
  server.setErrorHandler((error, request, reply) => {
    const coded = codedOf(error as FastifyError | TelltaleError)
    const problem = problemOf(coded)
    if (problem.status >= 500 && problem.status !== 503) request.log.error({ err: error, code: problem.code }, 'a request failed')
    if (problem.status === 503 || problem.status === 429) reply.header('retry-after', reply.getHeader('retry-after') ?? '1')
    // Closing at once would reset the connection, and a client that is still sending would never read why.
    if (problem.status === 413 || problem.status === 503) reply.removeHeader('connection')
    return sendProblem(reply, problem)
  })
}

/** What the server refuses before any route is found, a path that cannot be decoded for instance. */
export function answerFrameworkError(error: FastifyError, reply: FastifyReply): void {
  void sendProblem(reply, problemOf(codedOf(error)))
}

function sendProblem(reply: FastifyReply, problem: ReturnType<typeof problemOf>): FastifyReply {
  return reply.code(problem.status).type('application/problem+json').serializer(JSON.stringify).send(problem)
}

/** Codes of the server itself in our words. */
const SERVER_CODES: Record<string, (error: FastifyError) => TelltaleError> = {
  FST_ERR_CTP_BODY_TOO_LARGE: () => fail('body-too-large', 'The body is too large; send it in several requests.'),
  FST_ERR_CTP_INVALID_MEDIA_TYPE: () => fail('unsupported-content', 'This route does not read bodies of this kind.', { expected: 'the content type of /openapi.json' }),
  FST_ERR_CTP_EMPTY_TYPE: () => fail('unsupported-content', 'The body has no content type.', { expected: 'the content type of /openapi.json', found: 'none' }),
  FST_ERR_CTP_EMPTY_JSON_BODY: () => fail('malformed-request', 'The body is empty.', { expected: 'JSON', found: 'nothing' }),
  FST_ERR_CTP_INVALID_JSON_BODY: () => fail('malformed-request', 'The body is not JSON.', { expected: 'JSON', found: 'other text' }),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: () => fail('malformed-request', 'The body is not as long as was announced.', { expected: 'a body as long as content-length' }),
  FST_ERR_BAD_URL: () => fail('malformed-request', 'The path is not one.', { expected: 'a path that can be decoded' }),
}

function codedOf(error: FastifyError | TelltaleError): TelltaleError {
  if (error instanceof TelltaleError) return error
  const known = SERVER_CODES[error.code]
  if (known) return known(error)
  if (error.statusCode === 429) return fail('too-many-requests', 'Too many requests from this address; slow down.')
  if (error.code === 'ECONNRESET' || error.code === 'ERR_STREAM_PREMATURE_CLOSE') return fail('malformed-request', 'The request ended before its end.', { cause: error })
  if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500) return fail('malformed-request', 'The request cannot be read.', { cause: error })
  return fail('internal-error', 'The node failed; its log says more.', { cause: error })
}

/** Answers for what is no HTTP, or came too slowly: without this a client sees only a closed connection. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const problem = problemOf(error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? fail('request-too-slow', 'The request took too long to arrive.') : fail('malformed-request', 'This is no HTTP request that can be read.'))
  const body = JSON.stringify(problem)
  socket.end(`HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\ncontent-type: application/problem+json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`)
  // Whoever does not read this is not waited for.
  setTimeout(() => socket.destroy(), 1000).unref()
}
