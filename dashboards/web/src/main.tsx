import '@fontsource-variable/inter/wght.css'
import './styles/tokens.css'
import './styles/base.css'
import './styles/shell.css'
import './styles/fleet.css'
import './styles/page.css'
import './styles/print.css'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { ApiFailure } from './api/client.ts'
import { createLive } from './api/live.ts'
import { createAppRouter } from './router.tsx'
import { LiveContext } from './shell/live.ts'
import { show } from './shell/preferences.ts'

const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 20_000,
      // What is not there will not be there the second time; what did not answer may.
      retry: (failures, cause) =>
        failures < 2 && !(cause instanceof ApiFailure && cause.status >= 400 && cause.status < 500),
      retryDelay: (attempt) => 500 * 2 ** attempt,
    },
  },
})

show()
const live = createLive(client)
const root = document.getElementById('app')
if (root === null) throw new Error('index.html has no element for the app')
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={client}>
      <LiveContext value={live}>
        <RouterProvider router={createAppRouter(client)} />
      </LiveContext>
    </QueryClientProvider>
  </StrictMode>,
)
