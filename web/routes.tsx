import type { RouteObject } from 'react-router'
import { NotFound } from './pages/not-found.tsx'
import { PageSkeleton } from './parts/skeletons.tsx'
import { RouteFault } from './parts/route-fault.tsx'
import { Gate } from './shell/gate.tsx'
import { Shell } from './shell/shell.tsx'

/** Every page behind the sign-in gate; each is a chunk of its own, loaded when first opened. */
export const routes: RouteObject[] = [
  {
    element: <Gate />,
    errorElement: <RouteFault />,
    hydrateFallbackElement: <PageSkeleton />,
    children: [
      {
        element: <Shell />,
        children: [
          {
            errorElement: <RouteFault />,
            children: [
              {
                index: true,
                lazy: async () => ({ Component: (await import('./pages/overview/overview-page.tsx')).OverviewPage }),
              },
              { path: 'kpis/:name', lazy: async () => ({ Component: (await import('./pages/kpi/kpi-page.tsx')).KpiPage }) },
              {
                path: 'process/:type?',
                lazy: async () => ({ Component: (await import('./pages/process/process-page.tsx')).ProcessPage }),
              },
              {
                path: 'exceptions',
                lazy: async () => ({ Component: (await import('./pages/exceptions/exceptions-page.tsx')).ExceptionsPage }),
              },
              {
                path: 'objects/:type?',
                lazy: async () => ({ Component: (await import('./pages/objects/search-page.tsx')).SearchPage }),
              },
              {
                path: 'objects/:type/:id',
                lazy: async () => ({ Component: (await import('./pages/objects/document-page.tsx')).DocumentPage }),
              },
              {
                path: 'integrations/:section?/:id?',
                lazy: async () => ({ Component: (await import('./pages/integrations/integrations-page.tsx')).IntegrationsPage }),
              },
              { path: 'ai', lazy: async () => ({ Component: (await import('./pages/ai/ai-page.tsx')).AiPage }) },
              {
                path: 'data/:section?/:name?',
                lazy: async () => ({ Component: (await import('./pages/data/data-page.tsx')).DataPage }),
              },
              { path: '*', element: <NotFound /> },
            ],
          },
        ],
      },
    ],
  },
]
