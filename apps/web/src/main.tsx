import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { createRoot } from 'react-dom/client'
import { takeDeskKey } from './api/desk-key.ts'
import { createLive } from './api/live.ts'
import { LiveProvider } from './api/live-context.tsx'
import { forgetSessionAfter } from './api/session.ts'
import { router } from './shell/router.tsx'
import { Look } from './theme/look.tsx'

takeDeskKey()
const onError = (error: unknown): void => forgetSessionAfter(error, queries)
const queries: QueryClient = new QueryClient({ queryCache: new QueryCache({ onError }), mutationCache: new MutationCache({ onError }), defaultOptions: { queries: { staleTime: 5000, retry: 1, retryDelay: 500, refetchOnWindowFocus: true } } })
const live = createLive(queries)

createRoot(document.getElementById('root') as HTMLElement).render(
  <Look>
    <QueryClientProvider client={queries}>
      <LiveProvider value={live}>
        <RouterProvider router={router} />
      </LiveProvider>
    </QueryClientProvider>
  </Look>,
)
