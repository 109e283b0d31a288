import { Outlet, createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router'
import { RouteProblem } from './route-problem.tsx'
import { Shell } from './shell.tsx'
import { NotFound } from './not-found.tsx'

const root = createRootRoute({
  component: () => (
    <Shell>
      <Outlet />
    </Shell>
  ),
  errorComponent: RouteProblem,
  notFoundComponent: NotFound,
})

const at = <Path extends string>(path: Path) => ({ getParentRoute: () => root, path }) as const

const routeTree = root.addChildren([
  createRoute({ ...at('/'), component: lazyRouteComponent(() => import('../overview/overview-page.tsx'), 'OverviewPage') }),
  createRoute({ ...at('/devices'), component: lazyRouteComponent(() => import('../devices/devices-page.tsx'), 'DevicesPage') }),
  createRoute({ ...at('/devices/$device'), component: lazyRouteComponent(() => import('../devices/device-page.tsx'), 'DevicePage') }),
  createRoute({ ...at('/devices/$device/$name/$sequence'), component: lazyRouteComponent(() => import('../records/record-page.tsx'), 'RecordPage') }),
  createRoute({ ...at('/devices/$device/certificate'), component: lazyRouteComponent(() => import('../certificate/certificate-page.tsx'), 'CertificatePage') }),
  createRoute({ ...at('/devices/$device/share'), component: lazyRouteComponent(() => import('../share/share-page.tsx'), 'SharePage') }),
  createRoute({ ...at('/import'), component: lazyRouteComponent(() => import('../import/import-page.tsx'), 'ImportPage') }),
  createRoute({ ...at('/own'), component: lazyRouteComponent(() => import('../own/own-page.tsx'), 'OwnPage') }),
  createRoute({ ...at('/cheat'), component: lazyRouteComponent(() => import('../cheat/cheat-page.tsx'), 'CheatPage') }),
  createRoute({ ...at('/blocks'), component: lazyRouteComponent(() => import('../network/blocks-page.tsx'), 'BlocksPage') }),
  createRoute({ ...at('/blocks/$height'), component: lazyRouteComponent(() => import('../network/block-page.tsx'), 'BlockPage') }),
  createRoute({ ...at('/network'), component: lazyRouteComponent(() => import('../network/network-page.tsx'), 'NetworkPage') }),
  createRoute({ ...at('/codes/$code'), component: lazyRouteComponent(() => import('../codes/code-page.tsx'), 'CodePage') }),
  createRoute({ ...at('/governance'), component: lazyRouteComponent(() => import('../governance/governance-page.tsx'), 'GovernancePage') }),
  createRoute({ ...at('/verify'), component: lazyRouteComponent(() => import('../verify/served-verify-page.tsx'), 'ServedVerifyPage') }),
])

export const router = createRouter({ routeTree, defaultPreload: 'intent', scrollRestoration: true, defaultErrorComponent: RouteProblem })

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
