import type { ReactNode } from 'react'

type Name =
  | 'overview'
  | 'process'
  | 'exceptions'
  | 'documents'
  | 'data'
  | 'search'
  | 'sun'
  | 'moon'
  | 'book'
  | 'keyboard'
  | 'out'
  | 'chevron'
  | 'info'
  | 'warning'
  | 'person'
  | 'system'
  | 'ai'
  | 'controls'
  | 'link'
  | 'download'
  | 'close'
  | 'menu'
  | 'integrations'
  | 'pause'
  | 'play'
  | 'plus'
  | 'out-link'
  | 'clock'
  | 'check'
  | 'money'
  | 'bell'

const PATHS: Readonly<Record<Name, ReactNode>> = {
  overview: <path d="M2.5 13.5V9M6.2 13.5V4.5M9.8 13.5V7M13.5 13.5V2.5" />,
  process: <path d="M2.5 4h4v3h-4zM9.5 9h4v3h-4zM6.5 5.5H9a2.5 2.5 0 0 1 2.5 2.5v1" />,
  exceptions: <path d="M8 2.2 14 13H2zM8 6.4v3M8 11.2v.1" />,
  documents: <path d="M4 2.5h5.5L12.5 5.5v8H4zM9.2 2.7v3h3M6 8.5h4.5M6 11h4.5" />,
  data: (
    <path d="M2.8 4c0-1 2.3-1.8 5.2-1.8S13.2 3 13.2 4 10.9 5.8 8 5.8 2.8 5 2.8 4Zm0 0v8c0 1 2.3 1.8 5.2 1.8s5.2-.8 5.2-1.8V4M2.8 8c0 1 2.3 1.8 5.2 1.8s5.2-.8 5.2-1.8" />
  ),
  money: <path d="M2.5 4.5h11v7h-11zM8 10a2 2 0 1 0 0-4 2 2 0 0 0 0 4ZM4.5 8v.1M11.5 8v.1" />,
  search: <path d="M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9ZM10.4 10.4 13.5 13.5" />,
  sun: (
    <path d="M8 10.8a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6ZM8 1.5v1.3M8 13.2v1.3M1.5 8h1.3M13.2 8h1.3M3.4 3.4l.9.9M11.7 11.7l.9.9M3.4 12.6l.9-.9M11.7 4.3l.9-.9" />
  ),
  moon: <path d="M13.3 9.7A5.6 5.6 0 0 1 6.3 2.7a5.6 5.6 0 1 0 7 7Z" />,
  book: <path d="M3 2.5h8.5a1 1 0 0 1 1 1v10H4.2A1.2 1.2 0 0 1 3 12.3zM3 12.3a1.2 1.2 0 0 1 1.2-1.2h8.3M6 5.5h3.5" />,
  keyboard: <path d="M1.8 4h12.4v8H1.8zM4.5 6.8v.1M7 6.8v.1M9.5 6.8v.1M11.8 6.8v.1M5 9.5h6" />,
  out: <path d="M6.5 2.5h-4v11h4M10 5l3 3-3 3M13 8H6" />,
  chevron: <path d="m4.5 6.2 3.5 3.5 3.5-3.5" />,
  info: <path d="M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM8 7.3v3.5M8 5.1v.1" />,
  warning: <path d="M8 2.2 14 13H2zM8 6.4v3M8 11.2v.1" />,
  person: <path d="M8 7.5A2.5 2.5 0 1 0 8 2.5a2.5 2.5 0 0 0 0 5ZM3.2 13.5c.3-2.6 2.2-4 4.8-4s4.5 1.4 4.8 4" />,
  system: <path d="M2.5 3.5h11v7h-11zM6 13.5h4M8 10.5v3" />,
  controls: <path d="M8 1.8 13 3.6v4c0 3.2-2 5.4-5 6.6-3-1.2-5-3.4-5-6.6v-4zM5.6 7.8l1.7 1.7 3.2-3.3" />,
  ai: <path d="M8 2.5 9.3 6.7 13.5 8 9.3 9.3 8 13.5 6.7 9.3 2.5 8l4.2-1.3z" />,
  link: (
    <path d="M6.5 9.5a2.6 2.6 0 0 0 3.7 0l2.3-2.3A2.6 2.6 0 0 0 8.8 3.5l-.7.7M9.5 6.5a2.6 2.6 0 0 0-3.7 0L3.5 8.8a2.6 2.6 0 0 0 3.7 3.7l.7-.7" />
  ),
  download: <path d="M8 2.5v7.5M4.8 7 8 10.2 11.2 7M2.8 13.3h10.4" />,
  menu: <path d="M2.5 4.5h11M2.5 8h11M2.5 11.5h11" />,
  integrations: (
    <path d="M5 2.5v3M9 2.5v3M3.5 5.5h7v2.2a3.5 3.5 0 0 1-7 0zM7 11.2v.8a1.8 1.8 0 0 0 1.8 1.8h2.4a1.8 1.8 0 0 0 1.8-1.8V8.5" />
  ),
  pause: <path d="M5.5 3.5v9M10.5 3.5v9" />,
  play: <path d="M4.5 3v10l8-5z" />,
  plus: <path d="M8 3v10M3 8h10" />,
  'out-link': <path d="M9.5 2.5h4v4M13.2 2.8 7.5 8.5M11.5 9.5v4h-9v-9h4" />,
  clock: <path d="M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM8 4.8V8l2.3 1.5" />,
  check: <path d="m3 8.5 3.2 3.2L13 4.8" />,
  bell: <path d="M3.5 11.5h9c-1-1-1.3-2-1.3-4.3a3.2 3.2 0 0 0-6.4 0c0 2.3-.3 3.3-1.3 4.3ZM6.7 13.6h2.6M8 4V2.6" />,
  close: <path d="m4 4 8 8M12 4l-8 8" />,
}

/** A 16-pixel line icon; decoration only, so a label has to stand beside it. */
export function Icon({ name, size = 16 }: { name: Name; size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth={1.35}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      className="glyph"
    >
      {PATHS[name]}
    </svg>
  )
}
