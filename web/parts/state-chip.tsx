import type { ReactNode } from 'react'

/** How serious a state is. */
export type Tone = 'good' | 'caution' | 'bad' | 'none'

/** A state by shape and word: a disc is well, a triangle wants a look, an octagon action, a ring says nothing yet. */
export function StateChip({ tone, title, children }: { tone: Tone; title?: string | undefined; children: ReactNode }) {
  return (
    <span className="state-chip" data-tone={tone} title={title}>
      <svg width="10" height="10" viewBox="0 0 12 12" aria-hidden="true">
        {tone === 'good' && <circle cx="6" cy="6" r="5" fill="currentColor" />}
        {tone === 'caution' && <path d="M6 .8 11.6 11H.4z" fill="currentColor" />}
        {tone === 'bad' && <path d="M3.6.6h4.8L11.4 3.6v4.8L8.4 11.4H3.6L.6 8.4V3.6z" fill="currentColor" />}
        {tone === 'none' && <circle cx="6" cy="6" r="4.4" fill="none" stroke="currentColor" strokeWidth="1.8" />}
      </svg>
      {children}
    </span>
  )
}
