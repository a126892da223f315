import { Box } from '@mantine/core'
import type { ReactNode } from 'react'

type Props = { label: string; component?: 'div' | 'pre'; className?: string; view?: string; children: ReactNode }

/**
 * What scrolls in itself, with a name: the keyboard reaches it, and then scrolls it with its arrows. A block of text is no landmark of its
 * page, as there may be many.
 */
export function ScrollRegion({ label, component = 'div', className, view, children }: Props) {
  return (
    <Box
      component={component}
      role={component === 'pre' ? 'group' : 'region'}
      aria-label={label}
      tabIndex={0}
      className={className}
      data-view={view}
    >
      {children}
    </Box>
  )
}
