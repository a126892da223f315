/** What varies from call to call in a path: numbers, ids with a digit, long hex, addresses. */
const VARYING = /^(?=.*\d)[\w.~:@%+-]+$/u
const VERSION = /^v\d{1,3}$/iu
const LONGEST_PATH = 12

/** A path with what varies replaced, so that calls of one kind have one name: `/invoices/INV-1/lines` → `/invoices/{}/lines`. */
export function pathTemplate(path: string): string {
  const [plain = ''] = path.split(/[?#]/u, 1)
  const parts = plain.split('/')
  const shown = parts.slice(0, LONGEST_PATH).map((part) => {
    const [name = ''] = part.split('(', 1)
    if (name.length < part.length) return `${name}({})`
    return (VARYING.test(part) && !VERSION.test(part)) || part.length > 60 ? '{}' : part
  })
  return shown.join('/') + (parts.length > LONGEST_PATH ? '/…' : '')
}

/** `POST /invoices/{id}`: from the route where it is told, else from the name of the span or the address. */
export function httpOperation(method: string, route: string, path: string, url: string, name: string): string {
  if (route !== '') return `${method} ${route}`.trim()
  if (method !== '' && name.startsWith(`${method} /`)) return `${method} ${pathTemplate(name.slice(method.length + 1))}`
  const found = path !== '' ? path : pathOf(url)
  return found === '' ? name || method : `${method} ${pathTemplate(found)}`.trim()
}

function pathOf(url: string): string {
  const start = url.indexOf('://')
  const slash = start < 0 ? -1 : url.indexOf('/', start + 3)
  return slash < 0 ? '' : url.slice(slash)
}

const QUEUE_WORDS: Readonly<Record<string, string>> = { send: 'publish', create: 'publish', deliver: 'process', poll: 'receive' }

/** `publish invoices`: the words of old and new conventions are one. */
export function queueOperation(operation: string, queue: string): string {
  return `${QUEUE_WORDS[operation] ?? operation} ${queue}`.trim()
}
