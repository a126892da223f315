import { PageHead } from '../parts/panel.tsx'
import { ScopedLink } from '../parts/scoped-link.tsx'

/** An address that no page has. */
export function NotFound() {
  return (
    <>
      <PageHead title="No such page">The address has a typing error, or the page has moved.</PageHead>
      <ScopedLink to="/">Go to the overview</ScopedLink>
    </>
  )
}
