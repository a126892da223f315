/** The pages of the navigation, with the second key of their `g` shortcut. Those with a `span` of their own have no time window of days. */
export const PAGES = [
  { path: '/', name: 'Overview', icon: 'overview', key: 'o' },
  { path: '/alerts', name: 'Alerts', icon: 'bell', key: 't', span: true },
  { path: '/kpis', name: 'KPIs', icon: 'data', key: 'k' },
  { path: '/process', name: 'Process', icon: 'process', key: 'p' },
  { path: '/delays', name: 'Delays', icon: 'clock', key: 'w' },
  { path: '/exceptions', name: 'Exceptions', icon: 'exceptions', key: 'e' },
  { path: '/objects', name: 'Documents', icon: 'documents', key: 'd' },
  { path: '/integrations', name: 'Integrations', icon: 'integrations', key: 'i', span: true },
  { path: '/incidents', name: 'Incidents', icon: 'warning', key: 'n' },
  { path: '/slas', name: 'Service levels', icon: 'clock', key: 'l' },
  { path: '/open-work', name: 'Open work', icon: 'clock', key: 'q' },
  { path: '/suppliers', name: 'Suppliers', icon: 'person', key: 'u' },
  { path: '/spend', name: 'Spend', icon: 'money', key: 'm' },
  { path: '/value', name: 'Value', icon: 'plus', key: 'v' },
  { path: '/portfolio', name: 'Portfolio', icon: 'overview', key: 'f' },
  { path: '/controls', name: 'Controls', icon: 'controls', key: 'c' },
  { path: '/ai', name: 'AI actions', icon: 'ai', key: 'a' },
  { path: '/data', name: 'Data', icon: 'data', key: 's', span: true },
  { path: '/reference', name: 'Reference data', icon: 'book', key: 'r', span: true },
] as const

/** The page of closed months, which lies under that of KPIs. */
export const CLOSED_MONTHS = '/kpis/months'

/** Whether a page chooses its span itself, up to now, so that the window of days means nothing to it. */
export function hasOwnSpan(pathname: string): boolean {
  if (pathname === CLOSED_MONTHS) return true
  return PAGES.some((page) => 'span' in page && (pathname === page.path || pathname.startsWith(`${page.path}/`)))
}
