import { ActionIcon } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { Suspense, lazy } from 'react'
import { Outlet, useLocation, useNavigation } from 'react-router'
import { Dialog } from '../parts/dialog.tsx'
import { Icon } from '../parts/icons.tsx'
import { PageSkeleton } from '../parts/skeletons.tsx'
import { useScope } from '../scope.ts'
import { useSession } from '../session.ts'
import { Empty } from '../parts/states.tsx'
import { AnswersBanner } from './answers-banner.tsx'
import { brandOf } from './brand.tsx'
import { hasOwnSpan } from './pages.ts'
import { ReadinessBanner } from './readiness-banner.tsx'
import { RangePicker } from './range-picker.tsx'
import { Side } from './side.tsx'
import { TenantSwitch } from './tenant-switch.tsx'
import { ThemeToggle } from './theme-toggle.tsx'
import { useShortcuts } from './shortcuts.ts'
import { UserMenu } from './user-menu.tsx'

const SearchDialog = lazy(async () => ({ default: (await import('./search-dialog.tsx')).SearchDialog }))
const HelpDialog = lazy(async () => ({ default: (await import('./help-dialog.tsx')).HelpDialog }))

/** The frame of every page: navigation, tenant, time window, search. */
export function Shell() {
  const { tenants } = useSession()
  const { tenant } = useScope()
  const [menuOpen, menu] = useDisclosure(false)
  const [searchOpen, search] = useDisclosure(false)
  const [helpOpen, help] = useDisclosure(false)
  const { pathname } = useLocation()
  const loading = useNavigation().state === 'loading'
  useShortcuts({ search: search.open, help: help.open })
  const brand = brandOf(tenant, tenants)
  return (
    <div className="shell">
      <a className="skip" href="#content">
        Skip to the content
      </a>
      <Side onHelp={help.open} />
      <div className="body">
        {brand !== undefined && <div className="brand-rule" style={{ background: brand.color }} />}
        <header className="topbar">
          <ActionIcon className="burger" variant="default" size={34} onClick={menu.open} aria-label="Open the menu">
            <Icon name="menu" />
          </ActionIcon>
          <TenantSwitch />
          <span className="grow" />
          {!hasOwnSpan(pathname) && <RangePicker />}
          <button type="button" className="search-button" onClick={search.open} aria-label="Search a document">
            <Icon name="search" />
            <span>Search a document</span>
            <kbd>/</kbd>
          </button>
          <ThemeToggle />
          <UserMenu />
        </header>
        <ReadinessBanner />
        <AnswersBanner />
        <main className="main" id="content" tabIndex={-1} aria-busy={loading}>
          {tenants.length === 0 ? (
            <Empty certain title="This key sees no tenant">
              <p>Ask an administrator for a key with access to at least one tenant.</p>
            </Empty>
          ) : (
            <Suspense fallback={<PageSkeleton />}>
              <Outlet key={tenant} />
            </Suspense>
          )}
        </main>
      </div>
      <Dialog opened={menuOpen} onClose={menu.close} side="left" size="16rem" title="Menu">
        <Side onHelp={help.open} onNavigate={menu.close} />
      </Dialog>
      <Suspense>
        {searchOpen && <SearchDialog onClose={search.close} />}
        {helpOpen && <HelpDialog onClose={help.close} />}
      </Suspense>
    </div>
  )
}
