export { createMemoryStore } from './memory-store.ts'
export { createStore } from './create-store.ts'
