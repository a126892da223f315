/** The pages of the navigation, with the second key of their `g` shortcut. Those with a `span` of their own have no time window of days. */
export const PAGES = [
  { path: '/', name: 'Overview', icon: 'overview', key: 'o' },
  { path: '/process', name: 'Process', icon: 'process', key: 'p' },
  { path: '/exceptions', name: 'Exceptions', icon: 'exceptions', key: 'e' },
  { path: '/objects', name: 'Documents', icon: 'documents', key: 'd' },
  { path: '/integrations', name: 'Integrations', icon: 'integrations', key: 'i', span: true },
  { path: '/ai', name: 'AI actions', icon: 'ai', key: 'a' },
  { path: '/data', name: 'Data', icon: 'data', key: 's', span: true },
] as const

/** Whether a page chooses its span itself, up to now, so that the window of days means nothing to it. */
export function hasOwnSpan(pathname: string): boolean {
  return PAGES.some((page) => 'span' in page && (pathname === page.path || pathname.startsWith(`${page.path}/`)))
}
