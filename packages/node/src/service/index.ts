// What a node needs to answer over HTTP, apart from the package's own index: commands that do not serve need not load it.
export { DEFAULT_LIMITS } from '../api/limits.ts'
export { createApiServer } from '../api/server.ts'
export type { ApiServer, Mount } from '../api/server.ts'
export { createLog, silentLog } from './log.ts'
export { startService } from './service.ts'
export type { Service, ServiceInit } from './service.ts'
