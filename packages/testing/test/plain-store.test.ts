import { createPlainStore } from '../src/plain-store.ts'
import { storeCompliance } from '../src/store-compliance.ts'

storeCompliance('plain store', { create: async () => createPlainStore() })
