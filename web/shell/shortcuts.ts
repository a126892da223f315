import { useEffect, useRef } from 'react'
import { useNavigate } from 'react-router'
import { useAddress } from '../scope.ts'
import { PAGES } from './pages.ts'

const CHORD_MS = 1200

/** The keys of every page: `/` search, `?` help, `g` then a page's letter. Silent while something is being typed. */
export function useShortcuts({ search, help }: { search: () => void; help: () => void }): void {
  const navigate = useNavigate()
  const address = useAddress()
  const chord = useRef(Number.NEGATIVE_INFINITY)
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || isTyping(event.target)) return
      const page = event.timeStamp - chord.current < CHORD_MS ? PAGES.find(({ key }) => key === event.key) : undefined
      chord.current = event.key === 'g' ? event.timeStamp : Number.NEGATIVE_INFINITY
      if (page !== undefined) void navigate(address(page.path))
      else if (event.key === '/') search()
      else if (event.key === '?') help()
      else return
      event.preventDefault()
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [navigate, address, search, help])
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(?:INPUT|TEXTAREA|SELECT)$/u.test(target.tagName))
}
