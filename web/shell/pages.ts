/** The pages of the navigation, with the second key of their `g` shortcut. */
export const PAGES = [
  { path: '/', name: 'Overview', icon: 'overview', key: 'o' },
  { path: '/process', name: 'Process', icon: 'process', key: 'p' },
  { path: '/exceptions', name: 'Exceptions', icon: 'exceptions', key: 'e' },
  { path: '/objects', name: 'Documents', icon: 'documents', key: 'd' },
  { path: '/data', name: 'Data', icon: 'data', key: 's' },
] as const
