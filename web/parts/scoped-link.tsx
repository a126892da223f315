import type { ReactNode } from 'react'
import { Link } from 'react-router'
import { useAddress } from '../scope.ts'

type Props = {
  to: string
  with?: Readonly<Record<string, string | undefined>>
  className?: string
  title?: string
  children: ReactNode
}

/** A link that keeps tenant and time window. */
export function ScopedLink({ to, with: extra, children, ...rest }: Props) {
  const address = useAddress()
  return (
    <Link to={address(to, extra)} {...rest}>
      {children}
    </Link>
  )
}

/** A link to one document's timeline. */
export function DocumentLink({ type, id, children }: { type: string; id: string; children?: ReactNode }) {
  return <ScopedLink to={`/objects/${encodeURIComponent(type)}/${encodeURIComponent(id)}`}>{children ?? id}</ScopedLink>
}
